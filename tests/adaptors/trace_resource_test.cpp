// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What a `trace_resource` records of calls.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/adaptors/trace_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/live_trace.hpp"
#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(trace_resource_test)

namespace {

using tests::live_event;
using tests::live_kind;

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

BOOST_FIXTURE_TEST_CASE(a_random_program_is_recorded_as_it_was, tests::trace_folder) {
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

BOOST_FIXTURE_TEST_CASE(four_threads_that_free_blocks_of_each_other_are_recorded,
                        tests::trace_folder) {
    record_four_threads(path, 0);
}

BOOST_FIXTURE_TEST_CASE(four_threads_are_recorded_with_their_call_sites, tests::trace_folder) {
    record_four_threads(path, 32);
}

BOOST_FIXTURE_TEST_CASE(refusals_are_recorded, tests::trace_folder) {
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

BOOST_FIXTURE_TEST_CASE(blocks_that_are_resized_in_place_are_recorded, tests::trace_folder) {
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

BOOST_FIXTURE_TEST_CASE(calls_reach_the_upstream_unchanged, tests::trace_folder) {
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

BOOST_AUTO_TEST_SUITE_END()
