// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/stats_scope.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(stats_scope_test)

using strata::stats_scope;

static_assert(!std::is_copy_constructible_v<stats_scope>);
static_assert(!std::is_convertible_v<strata::stats_source&, stats_scope>);

namespace {

struct counted : tests::upstream {
    strata::stats_resource<> memory{&below};

    // Allocates and frees again.
    void pass(std::size_t bytes) { memory.deallocate(memory.allocate(bytes, 8), bytes, 8); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_scope_counts_from_its_beginning, counted) {
    pass(1000);
    const stats_scope scope{memory};
    BOOST_TEST((scope.stats() == strata::allocation_stats{}));
    void* block = memory.allocate(100, 64);
    pass(10);
    const auto seen = scope.stats();
    BOOST_TEST(seen.live_bytes == 100);
    BOOST_TEST(seen.live_blocks == 1);
    BOOST_TEST(seen.peak_bytes == 110);
    BOOST_TEST(seen.peak_blocks == 2);
    BOOST_TEST(seen.allocations == 2);
    BOOST_TEST(seen.deallocations == 1);
    BOOST_TEST(seen.allocated_bytes == 110);
    BOOST_TEST(seen.deallocated_bytes == 10);
    BOOST_TEST(seen.sizes[7] == 1);
    BOOST_TEST(seen.alignments[6] == 1);
    memory.deallocate(block, 100, 64);
    BOOST_TEST(scope.stats().live_bytes == 0);
}

BOOST_FIXTURE_TEST_CASE(a_scope_has_a_peak_of_its_own, counted) {
    pass(1000);
    const stats_scope scope{memory};
    pass(10);
    BOOST_TEST(scope.stats().peak_bytes == 10);
    BOOST_TEST(memory.snapshot().peak_bytes == 1000);
}

BOOST_FIXTURE_TEST_CASE(failures_are_counted, counted) {
    const stats_scope scope{memory};
    fail();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(10)), tests::upstream_failure);
    BOOST_TEST(scope.stats().failures == 1);
    BOOST_TEST(scope.stats().allocations == 0);
}

BOOST_FIXTURE_TEST_CASE(live_counts_fall_below_0_when_older_blocks_are_freed, counted) {
    void* older = memory.allocate(100);
    const stats_scope scope{memory};
    memory.deallocate(older, 100);
    BOOST_TEST(scope.stats().live_bytes == -100);
    BOOST_TEST(scope.stats().live_blocks == -1);
    pass(60);
    BOOST_TEST(scope.stats().peak_bytes == 0);
}

BOOST_FIXTURE_TEST_CASE(scopes_nest, counted) {
    const stats_scope outer{memory};
    pass(10);
    {
        const stats_scope inner{memory};
        pass(20);
        BOOST_TEST(inner.stats().allocated_bytes == 20);
    }
    pass(40);
    BOOST_TEST(outer.stats().allocated_bytes == 70);
    BOOST_TEST(outer.stats().peak_bytes == 40);
}

BOOST_FIXTURE_TEST_CASE(scopes_may_end_in_any_order, counted) {
    std::optional<stats_scope> first{std::in_place, memory};
    std::optional<stats_scope> second{std::in_place, memory};
    std::optional<stats_scope> third{std::in_place, memory};
    pass(1);
    second.reset();  // from the middle
    pass(2);
    BOOST_TEST(first->stats().allocated_bytes == 3);
    BOOST_TEST(third->stats().allocated_bytes == 3);
    first.reset();  // the oldest
    pass(4);
    BOOST_TEST(third->stats().allocated_bytes == 7);
    third.reset();
    pass(8);
    BOOST_TEST(memory.snapshot().allocated_bytes == 15);
}

// Sixteen have a place in the resource, the others are in a list.
BOOST_FIXTURE_TEST_CASE(many_scopes_nest, counted) {
    std::vector<std::unique_ptr<stats_scope>> scopes;
    for (std::size_t i = 0; i != 20; ++i) {
        scopes.push_back(std::make_unique<stats_scope>(memory));
        pass(std::size_t{1} << i);
    }
    for (std::size_t i = 0; i != 20; ++i) {
        const auto seen = scopes[i]->stats();
        BOOST_TEST(seen.allocations == 20 - static_cast<std::int64_t>(i));
        BOOST_TEST(seen.allocated_bytes == (1 << 20) - (1 << i));
        BOOST_TEST(seen.peak_bytes == 1 << 19);
        BOOST_TEST(seen.sizes[i] == 1);
        BOOST_TEST(seen.alignments[3] == seen.allocations);
    }
    while (!scopes.empty()) {
        scopes.erase(scopes.begin() + static_cast<std::ptrdiff_t>(scopes.size() / 2));
        pass(1);
    }
    const stats_scope last{memory};
    pass(5);
    BOOST_TEST(last.stats().allocated_bytes == 5);
}

// With one thread's policy, quick counts do not look for scopes: the first scope and the end of the
// last one tell them.
BOOST_FIXTURE_TEST_CASE(one_threads_counts_tell_scopes, tests::upstream) {
    strata::stats_resource<std::pmr::memory_resource, strata::counting::single> memory{&below};
    const auto pass = [&](std::size_t bytes) {
        memory.deallocate(memory.allocate(bytes, 8), bytes, 8);
    };
    void* const older = memory.allocate(1000, 8);
    for (int round = 0; round != 3; ++round) {
        const auto before = memory.snapshot();
        {
            const stats_scope outer{memory};
            pass(10);
            {
                const stats_scope inner{memory};
                pass(20);
                BOOST_TEST(inner.stats().allocated_bytes == 20);
            }
            BOOST_TEST((memory.snapshot() - before).allocations == 2);
            BOOST_TEST(memory.snapshot().live_bytes == 1000);
            BOOST_TEST(memory.snapshot().peak_bytes == (round == 0 ? 1020 : 3000));
            BOOST_TEST(outer.stats().allocated_bytes == 30);
            BOOST_TEST(outer.stats().peak_bytes == 20);
        }
        pass(2000);
        BOOST_TEST((memory.snapshot() - before).allocated_bytes == 2030);
        BOOST_TEST(memory.snapshot().peak_bytes == 3000);
        BOOST_TEST(memory.snapshot().peak_blocks == 2);
        BOOST_TEST(memory.snapshot().live_blocks == 1);
    }
    memory.deallocate(older, 1000, 8);
    BOOST_TEST(memory.snapshot().live_bytes == 0);
}

// Another thread asks and ends scopes while their own thread counts.
BOOST_AUTO_TEST_CASE(scopes_are_ended_by_another_thread_while_their_own_counts) {
    strata::stats_resource memory{strata::system_heap()};
    std::atomic<stats_scope*> handed{nullptr};
    std::atomic<bool> stop{false};
    std::int64_t wrong = 0;
    std::thread other{[&] {
        while (!stop) {
            if (stats_scope* const scope = handed.exchange(nullptr)) {
                const auto seen = scope->stats();
                wrong += seen.live_bytes != 100 * seen.live_blocks || seen.live_blocks < 0 ||
                         seen.live_blocks > 1;
                delete scope;
            }
        }
    }};
    for (int round = 0; round != 2000; ++round) {
        auto made = std::make_unique<stats_scope>(memory);
        stats_scope* none = nullptr;
        if (handed.compare_exchange_strong(none, made.get())) {
            (void)made.release();
        }
        for (int i = 0; i != 5; ++i) {
            memory.deallocate(memory.allocate(100, 8), 100, 8);
        }
    }
    stop = true;
    other.join();
    delete handed.exchange(nullptr);
    BOOST_TEST(wrong == 0);
    BOOST_TEST(memory.snapshot().allocations == 10'000);
}

BOOST_FIXTURE_TEST_CASE(the_resource_counts_the_same_with_scopes_and_without, counted) {
    pass(10);
    const auto before = memory.snapshot();
    const stats_scope scope{memory};
    pass(10);
    BOOST_TEST(((memory.snapshot() - before).allocations == scope.stats().allocations));
}

BOOST_FIXTURE_TEST_CASE(a_scope_sees_its_own_thread_unless_told_otherwise, counted) {
    const stats_scope own{memory};
    const stats_scope all{memory, stats_scope::threads::all};
    pass(1);
    std::thread{[&] { pass(2); }}.join();
    BOOST_TEST(own.stats().allocated_bytes == 1);
    BOOST_TEST(all.stats().allocated_bytes == 3);
}

// The system gives the id of an ended thread to the next one.
BOOST_FIXTURE_TEST_CASE(a_scope_outlives_its_thread_and_sees_no_other, counted) {
    std::unique_ptr<stats_scope> scope;
    std::thread{[&] {
        scope = std::make_unique<stats_scope>(memory);
        pass(1);
    }}.join();
    for (int i = 0; i != 100; ++i) {
        std::thread{[&] { pass(2); }}.join();
    }
    BOOST_TEST(scope->stats().allocations == 1);
    BOOST_TEST(scope->stats().allocated_bytes == 1);
}

BOOST_AUTO_TEST_CASE(scopes_of_parallel_threads_do_not_see_each_other) {
    strata::stats_resource memory{strata::system_heap()};
    const stats_scope all{memory, stats_scope::threads::all};
    std::latch start{4};
    std::vector<strata::allocation_stats> seen(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != 4; ++i) {
        threads.emplace_back([&, i] {
            start.arrive_and_wait();
            for (int round = 0; round != 200; ++round) {
                const stats_scope scope{memory};
                for (std::size_t bytes = 1; bytes != 11; ++bytes) {
                    memory.deallocate(memory.allocate(bytes + i), bytes + i);
                }
                seen[i] = scope.stats();
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    for (std::size_t i = 0; i != 4; ++i) {
        BOOST_TEST(seen[i].allocations == 10);
        BOOST_TEST(seen[i].peak_bytes == 10 + static_cast<std::int64_t>(i));
        BOOST_TEST(seen[i].live_bytes == 0);
    }
    BOOST_TEST(all.stats().allocations == 4 * 200 * 10);
    BOOST_TEST(all.stats().live_bytes == 0);
}

BOOST_FIXTURE_TEST_CASE(a_scope_may_be_ended_by_another_thread, counted) {
    std::optional<stats_scope> scope{std::in_place, memory};
    pass(1);
    std::thread{[&] {
        BOOST_TEST(scope->stats().allocated_bytes == 1);
        scope.reset();
    }}.join();
    pass(2);
    BOOST_TEST(memory.snapshot().allocated_bytes == 3);
}

BOOST_AUTO_TEST_SUITE_END()
