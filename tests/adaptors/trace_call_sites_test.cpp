// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// From where calls of a `trace_resource` came.
#include <boost/test/unit_test.hpp>

#include <link.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/adaptors/trace_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/live_trace.hpp"
#include "trace/frame_rule.hpp"

BOOST_AUTO_TEST_SUITE(trace_call_sites_test)

namespace {

using tests::live_event;
using tests::live_kind;

// The addresses of the calls of a site, the innermost first.
class call_chains {
public:
    explicit call_chains(const tests::live_trace& of) {
        namespace format = strata::live_trace;
        std::map<std::uint64_t, std::uint64_t> biases{{0, 0}};
        for (const live_kind kind : {live_kind::module, live_kind::call}) {
            for (const auto& [thread, events] : of.threads) {
                for (const live_event& each : events) {
                    if (each.kind == live_kind::module && each.kind == kind) {
                        BOOST_TEST(biases.emplace(each.resource, each.address).second);
                    } else if (each.kind == kind) {
                        const call made{each.size >> format::bits_of_call,
                                        each.address + biases.at(each.resource)};
                        BOOST_TEST(calls_.emplace(each.size & format::most_calls, made).second);
                    }
                }
            }
        }
    }
    [[nodiscard]] std::vector<std::uint64_t> of(std::uint64_t site) const {
        std::vector<std::uint64_t> all;
        for (; site != 0; site = calls_.at(site).caller) {
            all.push_back(calls_.at(site).address);
        }
        return all;
    }

private:
    struct call {
        std::uint64_t caller;
        std::uint64_t address;
    };
    std::map<std::uint64_t, call> calls_;
};

struct site_of_event {
    live_kind kind;
    std::uint64_t size;
    std::uint64_t site;  // 0: there is none
};

// Of all events for blocks, in their order.
std::vector<site_of_event> sites_of(const std::vector<live_event>& events) {
    std::vector<site_of_event> all;
    std::uint64_t site = 0;
    for (const live_event& each : events) {
        if (each.kind == live_kind::site) {
            site = each.size;
        } else if (each.resource == 1 && each.kind <= live_kind::reallocate_end) {
            all.push_back({each.kind, each.size, site});
            site = 0;
        }
    }
    return all;
}

// Tells where it was called from.
[[gnu::noinline]] std::uint64_t makes_and_frees(std::pmr::memory_resource& memory,
                                                std::size_t bytes) {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) - 1;
    memory.deallocate(memory.allocate(bytes), bytes);
    return here;
}

bool has(const std::vector<std::uint64_t>& all, std::uint64_t one) {
    return std::ranges::find(all, one) != all.end();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(two_call_sites_are_told_apart, tests::trace_folder) {
    std::vector<std::uint64_t> callers;
    {
        strata::stack memory{strata::trace{.file = path, .stack_depth = 32}, strata::pool{}};
        for (int i = 0; i != 2; ++i) {
            callers.push_back(makes_and_frees(memory, 10));
            callers.push_back(makes_and_frees(memory, 10));
        }
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.header.version == strata::live_trace::version_with_stacks);
    const call_chains chains{read};
    const auto sites = sites_of(read.threads.at(1));
    BOOST_TEST_REQUIRE(sites.size() == 8u);
    for (std::size_t i = 0; i != 4; ++i) {
        const site_of_event& made = sites[2 * i];
        BOOST_TEST((made.kind == live_kind::allocate));
        BOOST_TEST(made.site == sites[2 * (i % 2)].site);
        BOOST_TEST(has(chains.of(made.site), callers[i]));
        BOOST_TEST(!has(chains.of(made.site), callers[(i + 1) % 2]));
        BOOST_TEST((sites[2 * i + 1].kind == live_kind::deallocate));
        BOOST_TEST(sites[2 * i + 1].site == 0u);
    }
    BOOST_TEST(sites[0].site != sites[2].site);
}

BOOST_FIXTURE_TEST_CASE(refusals_and_resized_blocks_have_call_sites, tests::trace_folder) {
    {
        strata::stack memory{strata::trace{.file = path, .stack_depth = 32},
                             strata::fixed_buffer<256>{}};
        BOOST_CHECK_THROW((void)memory.allocate(1000), std::bad_alloc);
        BOOST_TEST(memory.try_allocate({2000, 8}) == nullptr);
        void* const block = memory.allocate(10, 8);
        BOOST_TEST(memory.try_expand(block, {10, 8}, 20));
        BOOST_TEST(!memory.try_expand(block, {20, 8}, 3000));
    }
    const auto read = tests::read_live_trace(path);
    const call_chains chains{read};
    BOOST_TEST(tests::check_causality(read) == 1u);
    const auto sites = sites_of(read.threads.at(1));
    BOOST_TEST_REQUIRE(sites.size() == 5u);
    constexpr std::array kinds{live_kind::refused, live_kind::refused, live_kind::allocate,
                               live_kind::reallocate_begin, live_kind::reallocate_end};
    for (std::size_t i = 0; i != kinds.size(); ++i) {
        BOOST_TEST((sites[i].kind == kinds[i]));
        BOOST_TEST((sites[i].site != 0) == (kinds[i] != live_kind::reallocate_end));
        BOOST_TEST(chains.of(sites[i].site).empty() == (sites[i].site == 0));
    }
    BOOST_TEST(sites[0].site != sites[1].site);
    BOOST_TEST(sites[2].site != sites[3].site);
}

BOOST_FIXTURE_TEST_CASE(a_stack_depth_limits_the_calls_of_a_site, tests::trace_folder) {
    for (const std::size_t depth : {1u, 3u}) {
        const std::string file = files.file("depth" + std::to_string(depth));
        {
            strata::trace_resource memory{strata::trace{.file = file, .stack_depth = depth},
                                          strata::system_heap()};
            (void)makes_and_frees(memory, 10);
            BOOST_TEST(memory.options().stack_depth == depth);
        }
        const auto read = tests::read_live_trace(file);
        const auto sites = sites_of(read.threads.at(1));
        BOOST_TEST_REQUIRE(sites.size() == 2u);
        BOOST_TEST(call_chains{read}.of(sites[0].site).size() == depth);
    }
}

BOOST_FIXTURE_TEST_CASE(without_a_stack_depth_there_are_no_call_sites, tests::trace_folder) {
    {
        strata::trace_resource memory{strata::trace{.file = path}, strata::system_heap()};
        (void)makes_and_frees(memory, 10);
        BOOST_TEST(memory.options().stack_depth == 0u);
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.header.version == strata::live_trace::version);
    BOOST_TEST(read.count(live_kind::allocate) == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_larger_stack_depth_is_the_largest, tests::trace_folder) {
    const strata::trace_resource memory{strata::trace{.file = path, .stack_depth = 1000},
                                        strata::system_heap()};
    BOOST_TEST(memory.options().stack_depth == 256u);
}

#ifdef STRATA_HAS_FRAME_RULES

// A thread has the loader's lock and needs that of the resource above. Another thread, which has
// that one, must not wait for the loader.
BOOST_FIXTURE_TEST_CASE(call_sites_are_captured_while_the_list_of_modules_is_locked,
                        tests::trace_folder) {
    strata::stack memory{strata::synchronized{}, strata::trace{.file = path, .stack_depth = 32},
                         strata::pool{}};
    struct shared {
        std::pmr::memory_resource& memory;
        std::atomic<bool> is_locked = false;
        std::atomic<std::size_t> done = 0;
    } all{memory};
    std::thread other{[&] {
        while (!all.is_locked) {
            std::this_thread::yield();
        }
        for (; all.done != 3 * strata::live_trace::events_per_chunk; ++all.done) {
            (void)makes_and_frees(memory, 10);
        }
    }};
    dl_iterate_phdr(
        [](dl_phdr_info* /*first*/, std::size_t /*bytes*/, void* data) {
            auto& with = *static_cast<shared*>(data);
            with.is_locked = true;
            while (with.done != 3 * strata::live_trace::events_per_chunk) {
                (void)makes_and_frees(with.memory, 10);
            }
            return 1;
        },
        &all);
    other.join();
    BOOST_TEST(all.done == 3 * strata::live_trace::events_per_chunk);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
