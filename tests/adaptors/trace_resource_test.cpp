// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory_resource>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/adaptors/trace_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/live_trace.hpp"
#include "support/random.hpp"
#include "support/temporary_folder.hpp"
#include "trace/frame_rule.hpp"

BOOST_AUTO_TEST_SUITE(trace_resource_test)

namespace {

using tests::live_event;
using tests::live_kind;

struct folder {
    tests::temporary_folder files;
    std::string path = files.file("run.trace");
};

// What a thread did, as it should be recorded.
struct step {
    live_kind kind;
    std::uint64_t address;
    std::uint64_t size;
    std::uint64_t alignment;

    friend bool operator==(const step&, const step&) = default;
};

struct block {
    void* begin;
    std::size_t size;
    std::size_t alignment;
};

std::uint64_t address_of(const void* block) {
    return reinterpret_cast<std::uintptr_t>(block);
}

// Blocks that any thread may free.
struct shared_blocks {
    std::mutex mutex;
    std::vector<block> blocks;
};

std::vector<step> random_program(std::pmr::memory_resource& memory, shared_blocks& shared,
                                 std::uint64_t seed, std::size_t steps) {
    tests::random dice{seed};
    std::vector<step> done;
    for (std::size_t i = 0; i != steps; ++i) {
        block freed{};
        {
            const std::lock_guard lock{shared.mutex};
            if (!shared.blocks.empty() && dice.below(100) < shared.blocks.size()) {
                std::swap(shared.blocks[dice.below(shared.blocks.size())], shared.blocks.back());
                freed = shared.blocks.back();
                shared.blocks.pop_back();
            }
        }
        if (freed.begin != nullptr) {
            memory.deallocate(freed.begin, freed.size, freed.alignment);
            done.push_back(
                {live_kind::deallocate, address_of(freed.begin), freed.size, freed.alignment});
            continue;
        }
        const std::size_t size = dice.below(300);
        const std::size_t alignment = dice.power_of_two(8);
        const block made{memory.allocate(size, alignment), size, alignment};
        done.push_back({live_kind::allocate, address_of(made.begin), size, alignment});
        const std::lock_guard lock{shared.mutex};
        shared.blocks.push_back(made);
    }
    return done;
}

std::vector<step> steps_of(const std::vector<live_event>& events) {
    std::vector<step> steps;
    for (const live_event& each : events) {
        if (each.kind == live_kind::allocate || each.kind == live_kind::deallocate) {
            BOOST_TEST(each.resource == 1u);
            steps.push_back({each.kind, each.address, each.size, each.alignment});
        }
    }
    return steps;
}

void free_all(std::pmr::memory_resource& memory, shared_blocks& shared) {
    for (const block& each : shared.blocks) {
        memory.deallocate(each.begin, each.size, each.alignment);
    }
}

}  // namespace

// --- events -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_random_program_is_recorded_as_it_was, folder) {
    const std::uint64_t seed = 20261129;
    std::vector<step> done;
    {
        strata::stack memory{strata::trace{.file = path, .name = "orders"},
                             strata::concurrent_pool{}};
        shared_blocks shared;
        done = random_program(memory, shared, seed, tests::operations(20'000));
        free_all(memory, shared);
        for (const block& each : shared.blocks) {
            done.push_back(
                {live_kind::deallocate, address_of(each.begin), each.size, each.alignment});
        }
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST_REQUIRE(read.threads.size() == 1u);
    const std::vector<live_event>& events = read.threads.at(1);
    BOOST_TEST((events.at(0).kind == live_kind::thread_begin));
    BOOST_TEST(events.at(0).size == static_cast<std::uint64_t>(gettid()));
    BOOST_TEST((events.at(1).kind == live_kind::resource));
    BOOST_TEST(events.at(1).text == "orders");
    BOOST_TEST(events.at(1).resource == 1u);
    BOOST_TEST((steps_of(events) == done), "seed " << seed);
    BOOST_TEST(tests::check_causality(read) == 0u);
    BOOST_TEST(read.header.process == static_cast<std::uint64_t>(getpid()));
    BOOST_TEST(std::string{read.header.program.data()} != "");
}

namespace {

void record_four_threads(const std::string& path, std::size_t depth) {
    constexpr std::size_t count = 4;
    std::vector<std::vector<step>> done(count);
    std::vector<std::uint64_t> ids(count);
    {
        // A block that one thread frees is the next that another one gets.
        strata::stack memory{strata::trace{.file = path, .stack_depth = depth},
                             strata::synchronized{}, strata::pool{}};
        shared_blocks shared;
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i != count; ++i) {
            threads.emplace_back([&, i] {
                ids[i] = static_cast<std::uint64_t>(gettid());
                done[i] = random_program(memory, shared, i, tests::operations(20'000));
            });
        }
        for (std::thread& each : threads) {
            each.join();
        }
        free_all(memory, shared);
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.threads.size() == count + 1);
    BOOST_TEST(read.count(live_kind::thread_end) == count);
    BOOST_TEST(tests::check_causality(read) == 0u);
    for (std::size_t i = 0; i != count; ++i) {
        const auto of = std::ranges::find_if(
            read.threads, [&](const auto& each) { return each.second.front().size == ids[i]; });
        BOOST_TEST_REQUIRE((of != read.threads.end()));
        BOOST_TEST((of->second.back().kind == live_kind::thread_end));
        BOOST_TEST((steps_of(of->second) == done[i]));
    }
    const std::size_t with_site = depth == 0 ? 0 : read.count(live_kind::allocate);
    BOOST_TEST(read.count(live_kind::site) == with_site);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(four_threads_that_free_blocks_of_each_other_are_recorded, folder) {
    record_four_threads(path, 0);
}

BOOST_FIXTURE_TEST_CASE(four_threads_are_recorded_with_their_call_sites, folder) {
    record_four_threads(path, 32);
}

BOOST_FIXTURE_TEST_CASE(refusals_are_recorded, folder) {
    {
        strata::stack memory{strata::trace{.file = path}, strata::fixed_buffer<256>{}};
        BOOST_CHECK_THROW((void)memory.allocate(1000, 32), std::bad_alloc);
        BOOST_TEST(memory.try_allocate({2000, 64}) == nullptr);
        void* const block = memory.allocate(10, 2);
        memory.deallocate(block, 10, 2);
        strata::trace_resource null_upstream{strata::trace{.file = files.file("other")},
                                             std::pmr::null_memory_resource()};
        BOOST_CHECK_THROW((void)null_upstream.allocate(1), std::bad_alloc);
    }
    const auto read = tests::read_live_trace(path);
    const auto& events = read.threads.at(1);
    BOOST_TEST_REQUIRE(events.size() == 6u);
    BOOST_TEST((events[2].kind == live_kind::refused));
    BOOST_TEST(events[2].size == 1000u);
    BOOST_TEST(events[2].alignment == 32u);
    BOOST_TEST(events[2].address == 0u);
    BOOST_TEST((events[3].kind == live_kind::refused));
    BOOST_TEST(events[3].size == 2000u);
    BOOST_TEST(tests::read_live_trace(files.file("other")).count(live_kind::refused) == 1u);
}

BOOST_FIXTURE_TEST_CASE(blocks_that_are_resized_in_place_are_recorded, folder) {
    void* block = nullptr;
    {
        strata::stack memory{strata::trace{.file = path}, strata::arena{.first_chunk = 4096}};
        block = memory.allocate(100, 8);
        BOOST_TEST(memory.try_expand(block, {100, 8}, 200));
        BOOST_TEST(!memory.try_expand(block, {200, 8}, 1'000'000));
        memory.deallocate(block, 200, 8);
    }
    const auto read = tests::read_live_trace(path);
    const auto& events = read.threads.at(1);
    BOOST_TEST_REQUIRE(events.size() == 6u);
    BOOST_TEST((events[3].kind == live_kind::reallocate_begin));
    BOOST_TEST(events[3].address == address_of(block));
    BOOST_TEST(events[3].size == 100u);
    BOOST_TEST((events[4].kind == live_kind::reallocate_end));
    BOOST_TEST(events[4].address == address_of(block));
    BOOST_TEST(events[4].size == 200u);
    BOOST_TEST(events[4].alignment == 8u);
    BOOST_TEST(tests::check_causality(read) == 0u);
}

BOOST_FIXTURE_TEST_CASE(calls_reach_the_upstream_unchanged, folder) {
    strata::checking_resource below;
    strata::trace_resource memory{strata::trace{.file = path}, &below};
    void* const block = memory.allocate(48, 16);
    BOOST_TEST(below.live_blocks() == 1u);
    BOOST_TEST((memory.usable_size(block, {48, 16}) == 48u));
    memory.deallocate(block, 48, 16);
    BOOST_TEST(below.live_blocks() == 0u);
    BOOST_TEST(below.errors().empty());
    below.fail_from(1, strata::checking_resource::failure::foreign);
    BOOST_CHECK_THROW((void)memory.allocate(1), strata::checking_resource::foreign_failure);
    BOOST_TEST(memory.dropped() == 0u);
}

// --- call sites ---------------------------------------------------------------------------------

namespace {

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
    const std::uint64_t here = address_of(__builtin_return_address(0)) - 1;
    memory.deallocate(memory.allocate(bytes), bytes);
    return here;
}

bool has(const std::vector<std::uint64_t>& all, std::uint64_t one) {
    return std::ranges::find(all, one) != all.end();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(two_call_sites_are_told_apart, folder) {
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

BOOST_FIXTURE_TEST_CASE(refusals_and_resized_blocks_have_call_sites, folder) {
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

BOOST_FIXTURE_TEST_CASE(a_stack_depth_limits_the_calls_of_a_site, folder) {
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

BOOST_FIXTURE_TEST_CASE(without_a_stack_depth_there_are_no_call_sites, folder) {
    {
        strata::trace_resource memory{strata::trace{.file = path}, strata::system_heap()};
        (void)makes_and_frees(memory, 10);
        BOOST_TEST(memory.options().stack_depth == 0u);
    }
    const auto read = tests::read_live_trace(path);
    BOOST_TEST(read.header.version == strata::live_trace::version);
    BOOST_TEST(read.count(live_kind::allocate) == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_larger_stack_depth_is_the_largest, folder) {
    const strata::trace_resource memory{strata::trace{.file = path, .stack_depth = 1000},
                                        strata::system_heap()};
    BOOST_TEST(memory.options().stack_depth == 256u);
}

#ifdef STRATA_HAS_FRAME_RULES

// A thread has the loader's lock and needs that of the resource above. Another thread, which has
// that one, must not wait for the loader.
BOOST_FIXTURE_TEST_CASE(call_sites_are_captured_while_the_list_of_modules_is_locked, folder) {
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

// --- the file ---------------------------------------------------------------------------------

namespace {

template <class Error>
std::string refusal_of(const strata::trace& description) {
    try {
        const strata::trace_resource memory{description, strata::system_heap()};
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_file_with_content_is_refused_and_stays, folder) {
    std::ofstream{path} << "precious";
    const std::string why = refusal_of<std::system_error>({.file = path, .name = "orders"});
    BOOST_TEST(contains(why, "orders"), why);
    BOOST_TEST(contains(why, "\"" + path + "\": expected a new or an empty file"), why);
    std::string content;
    std::ifstream{path} >> content;
    BOOST_TEST(content == "precious");
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_is_taken, folder) {
    std::ofstream{path}.flush();
    BOOST_TEST(refusal_of<std::exception>({.file = path}) == "none");
    BOOST_TEST(tests::read_live_trace(path).chunks == 1u);
}

BOOST_FIXTURE_TEST_CASE(files_that_cannot_be_made_are_refused, folder) {
    std::ofstream{files.file("plain")} << "x";
    for (const std::string& wrong :
         {files.file("missing/run.trace"), files.file("plain/run.trace"), files.path(),
          std::string{"/proc/run.trace"}, std::string{"/dev/full"}}) {
        const std::string why = refusal_of<std::system_error>({.file = wrong});
        BOOST_TEST(contains(why, "strata: trace cannot record to \"" + wrong + "\": expected "),
                   why);
    }
    BOOST_TEST(contains(refusal_of<std::invalid_argument>({}), "expected its file"));
    for (const char* const wrong : {"a\"b", "a\\b", "a\nb"}) {
        BOOST_TEST(contains(refusal_of<std::invalid_argument>({.file = wrong}),
                            "expected a path without control characters"));
    }
    const std::string long_path(4096, 'a');
    BOOST_TEST(contains(refusal_of<std::invalid_argument>({.file = long_path}),
                        "expected a path of at most 4095 bytes"));
}

BOOST_FIXTURE_TEST_CASE(two_traces_to_one_file_are_refused, folder) {
    const strata::trace_resource first{strata::trace{.file = path}, strata::system_heap()};
    const std::string why = refusal_of<std::system_error>({.file = path});
    BOOST_TEST(contains(why, "\"" + path + "\": another trace is recorded to it"), why);
}

// --- descriptions and texts ---------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_text_can_name_the_file, folder) {
    for (const std::string& written : {path, "\"" + files.file("with blank, >(x)=") + "\""}) {
        BOOST_TEST_CONTEXT(written) {
            const auto parsed =
                strata::strategy::parse("stats > trace(file=" + written + ") > pool");
            BOOST_TEST((strata::strategy::parse(to_string(parsed)) == parsed));
            BOOST_TEST(contains(to_string(parsed), "trace(file=" + written + ")"));
            auto memory = parsed.build();
            memory.deallocate(memory.allocate(100), 100);
            auto* const made = memory.find<strata::trace_resource<>>();
            BOOST_TEST_REQUIRE(made != nullptr);
            BOOST_TEST(contains(to_text(strata::describe(memory)), "file=" + written));
            BOOST_TEST(contains(written, std::string{made->options().file}));
        }
    }
}

BOOST_AUTO_TEST_CASE(texts_without_a_path_or_with_wrong_values_are_refused) {
    const auto problem = [](const char* text) {
        try {
            (void)strata::strategy::parse(text);
        } catch (const strata::strategy_error& error) {
            return error.problem();
        }
        return std::string{"none"};
    };
    BOOST_TEST(problem("trace") == "strategy: \"trace\": expected its file, as in "
                                   "trace(file=run.trace)");
    BOOST_TEST(contains(problem("trace(file=)"), "expected a path, such as /tmp/run.trace"));
    BOOST_TEST(contains(problem("trace(file=\"a)"), "expected a path, such as /tmp/run.trace"));
    BOOST_TEST(contains(problem("trace(file=a, on_full=throw)"), "nothing can be thrown"));
    BOOST_TEST(contains(problem("trace(file=a, stack_depth=257)"), "expected at most 256"));
    BOOST_TEST(problem("trace(file=a, stack_depth=256)") == "none");
    BOOST_TEST(problem("trace(file=/tmp/a-b_c.1~+)") == "none");
}

BOOST_FIXTURE_TEST_CASE(a_trace_serves_as_many_threads_as_its_upstream, folder) {
    const auto serves_any = [&](const std::string& below) {
        return strata::strategy::parse("trace(file=" + path + ") > " + below).is_thread_safe();
    };
    BOOST_TEST(serves_any("concurrent_pool"));
    BOOST_TEST(serves_any("heap"));
    BOOST_TEST(!serves_any("pool"));
}

BOOST_FIXTURE_TEST_CASE(options_are_those_in_force, folder) {
    const strata::trace given{
        .file = path, .on_full = strata::on_finding::ignore, .stack_depth = 7, .name = "orders"};
    const strata::trace_resource memory{given, strata::system_heap()};
    BOOST_TEST((memory.options() == given));
    BOOST_TEST((memory.options().file.data() != path.data()));
    BOOST_TEST(memory.name() == "trace");
    BOOST_TEST(memory.label().text() == "orders");
}

BOOST_AUTO_TEST_SUITE_END()
