// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <memory>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/sources/heap_resource.hpp>

#include "support/joined_thread.hpp"
#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(sharded_tally_test)

using strata::allocation_stats;
namespace counting = strata::counting;
namespace data = boost::unit_test::data;

namespace {

template <class Counting>
using stats_over_heap = strata::stats_resource<strata::heap_resource, Counting>;

using tally = counting::sharded::tally;
constexpr std::int64_t slack_bytes = counting::sharded::slack_bytes;

constexpr std::int64_t largest_block = 200'000;

// Takes and frees blocks at random; what is live now grows, now shrinks. Frees all at the end.
void work(std::pmr::memory_resource& memory, std::uint64_t seed, int steps) {
    tests::random dice{seed};
    std::vector<std::pair<void*, std::size_t>> blocks;
    for (int i = 0; i != steps; ++i) {
        const bool grows = i / 500 % 2 == 0;
        if (blocks.empty() || dice.below(10) < (grows ? 8u : 2u)) {
            const std::size_t bytes =
                dice.below(100) == 0 ? dice.below(largest_block) : dice.below(2000);
            blocks.emplace_back(memory.allocate(bytes, 8), bytes);
        } else {
            std::swap(blocks[dice.below(blocks.size())], blocks.back());
            memory.deallocate(blocks.back().first, blocks.back().second, 8);
            blocks.pop_back();
        }
    }
    for (const auto& [block, bytes] : blocks) {
        memory.deallocate(block, bytes, 8);
    }
}

void work_in_threads(std::pmr::memory_resource& memory, std::size_t count, int steps) {
    std::vector<tests::joined_thread> threads;
    for (std::size_t i = 0; i != count; ++i) {
        threads.emplace_back([&memory, i, steps] { work(memory, i, steps); });
    }
}

allocation_stats without_peaks(allocation_stats of) {
    of.peak_bytes = of.peak_blocks = 0;
    return of;
}

}  // namespace

BOOST_DATA_TEST_CASE(one_threads_counts_and_peaks_are_exact, data::xrange(5u), seed) {
    stats_over_heap<counting::single> exact{strata::system_heap()};
    strata::stats_resource<stats_over_heap<counting::single>, counting::sharded> memory{&exact};
    work(memory, seed, 5000);
    BOOST_TEST((memory.snapshot() == exact.snapshot()));
}

// 40 threads at once need more shards than the object holds.
BOOST_DATA_TEST_CASE(threads_lose_no_count_and_the_peak_is_near, data::make({2, 8, 40}), threads) {
    stats_over_heap<counting::sequential> exact{strata::system_heap()};
    strata::stats_resource<stats_over_heap<counting::sequential>, counting::sharded> memory{&exact};
    const auto count = static_cast<std::size_t>(threads);
    work_in_threads(memory, count, 20'000 / threads);
    const allocation_stats counted = memory.snapshot();
    const allocation_stats truth = exact.snapshot();
    BOOST_TEST((without_peaks(counted) == without_peaks(truth)));
    BOOST_TEST(counted.live_blocks == 0);
    const auto bytes = counted.peak_bytes - truth.peak_bytes;
    const auto blocks = counted.peak_blocks - truth.peak_blocks;
    // Below, the block that a thread takes or frees just now is live for longer.
    const std::int64_t too_low = threads * (counting::sharded::slack_bytes + largest_block);
    BOOST_TEST((-too_low <= bytes));
    BOOST_TEST((bytes <= threads * counting::sharded::slack_bytes));
    BOOST_TEST((-threads * (counting::sharded::slack_blocks + 1) <= blocks));
    BOOST_TEST((blocks <= threads * counting::sharded::slack_blocks));
}

// Every figure, with what the threads themselves know.
BOOST_AUTO_TEST_CASE(sixteen_threads_add_up) {
    constexpr std::size_t threads = 16;
    constexpr std::int64_t rounds = 2000;
    tally counted;
    const auto at_each = [](auto work) {
        std::vector<tests::joined_thread> all;
        for (std::size_t i = 0; i != threads; ++i) {
            all.emplace_back([=] { work(i); });
        }
    };
    at_each([&](std::size_t i) {
        for (std::int64_t round = 0; round != rounds; ++round) {
            counted.allocated(std::size_t{1} << i, i % 2 == 0 ? 8 : std::size_t{1} << i);
            counted.allocated(100, 8);
            counted.deallocated(100);
            counted.failed();
        }
    });
    allocation_stats expected;
    for (std::size_t i = 0; i != threads; ++i) {
        expected.sizes[i] += rounds;
        expected.sizes[7] += rounds;
        expected.alignments[i % 2 == 0 ? 3 : i] += rounds;
        expected.alignments[3] += rounds;
        expected.live_bytes += rounds << i;
    }
    expected.live_blocks = threads * rounds;
    expected.allocations = 2 * expected.live_blocks;
    expected.deallocations = expected.failures = expected.live_blocks;
    expected.deallocated_bytes = expected.deallocations * 100;
    expected.allocated_bytes = expected.deallocated_bytes + expected.live_bytes;
    BOOST_TEST((without_peaks(counted.snapshot()) == expected));

    at_each([&](std::size_t i) {
        for (std::int64_t round = 0; round != rounds; ++round) {
            counted.deallocated(std::size_t{1} << (threads - 1 - i));  // another thread's
        }
    });
    BOOST_TEST(counted.snapshot().live_bytes == 0);
    BOOST_TEST(counted.snapshot().live_blocks == 0);
    BOOST_TEST(counted.snapshot().peak_bytes >= expected.live_bytes - threads * slack_bytes);
    BOOST_TEST(counted.snapshot().peak_bytes <=
               expected.live_bytes + threads * (100 + slack_bytes));
}

// Threads free or take so much, one byte at a time, while this one reaches a peak. What they do not
// tell is the error of the peak, and the most of it is half of the slack for each: the other half
// is for snapshots beside threads.
BOOST_AUTO_TEST_CASE(a_peak_is_too_high_or_too_low_by_no_more_than_stated) {
    constexpr std::int64_t threads = 3;
    constexpr std::int64_t own = 10 * slack_bytes;
    constexpr std::int64_t kept = slack_bytes;
    // By how much the peak is too high if each thread keeps some bytes and then changes them by
    // so many.
    const auto error = [&](std::int64_t by, std::int64_t of_blocks) {
        tally counted;
        const auto change = [&](std::int64_t bytes) {
            const auto size = static_cast<std::size_t>(std::abs(bytes));
            bytes < 0 ? counted.deallocated(size) : counted.allocated(size, 8);
        };
        std::latch ready{threads};
        std::latch may_undo{1};
        std::latch undone{threads};
        std::latch end{1};
        std::vector<tests::joined_thread> all;
        for (std::int64_t i = 0; i != threads; ++i) {
            all.emplace_back([&] {
                change(kept);  // so much is told at once
                for (std::int64_t done = 0; done != std::abs(by); done += of_blocks) {
                    change(by < 0 ? -of_blocks : of_blocks);
                }
                ready.count_down();
                may_undo.wait();
                for (std::int64_t done = 0; done != std::abs(by); done += of_blocks) {
                    change(by < 0 ? of_blocks : -of_blocks);
                }
                undone.count_down();
                end.wait();  // so that each has a shard of its own
            });
        }
        ready.wait();
        change(own);  // told at once
        change(-own);
        may_undo.count_down();
        undone.wait();
        const allocation_stats seen = counted.snapshot();
        end.count_down();
        return seen.peak_bytes - (own + threads * (kept + by));
    };
    constexpr std::int64_t step = slack_bytes / 2;
    BOOST_TEST(error(-step, 128) == threads * step);
    BOOST_TEST(error(step, 128) == -threads * step);
    // A block more, and the threads have looked and told.
    BOOST_TEST(error(-step - 128, 128) == 0);
    BOOST_TEST(error(step + 128, 128) == 0);
    for (const std::int64_t by : {-slack_bytes, slack_bytes}) {
        BOOST_TEST(std::abs(error(by, 4096)) <= threads * slack_bytes);
    }
}

BOOST_AUTO_TEST_CASE(blocks_are_told_at_their_edge) {
    constexpr std::int64_t step = counting::sharded::slack_blocks / 2;
    for (const std::int64_t freed : {step, step + 1}) {
        tally counted;
        const auto take = [&] {  // with the last of them, the thread tells that it has them
            for (std::int64_t i = 0; i != step + 1; ++i) {
                counted.allocated(1, 8);
            }
        };
        tests::joined_thread{[&] {
            take();
            for (std::int64_t i = 0; i != freed; ++i) {
                counted.deallocated(1);
            }
            tests::joined_thread{[&] { take(); }}.join();
        }}.join();
        const std::int64_t truth = 2 * (step + 1) - freed;
        BOOST_TEST(counted.snapshot().peak_blocks - truth == (freed == step ? step : 0));
    }
}

// The object is small: shards beyond the first are made when threads need them.
static_assert(sizeof(strata::stats_resource<>) <= 3200);

BOOST_AUTO_TEST_CASE(a_peak_never_falls) {
    stats_over_heap<counting::sharded> memory{strata::system_heap()};
    const auto pair_in_a_thread = [&](std::size_t bytes) {
        tests::joined_thread{[&] {
            memory.deallocate(memory.allocate(bytes, 8), bytes, 8);
        }}.join();
    };
    void* block = memory.allocate(1'000'000, 8);
    std::int64_t peak = 0;
    for (const std::size_t bytes : {50'000, 10'000, 60'000, 1}) {
        pair_in_a_thread(bytes);
        const std::int64_t now = memory.snapshot().peak_bytes;
        BOOST_TEST(now >= peak);
        peak = now;
    }
    memory.deallocate(block, 1'000'000, 8);
    BOOST_TEST(memory.snapshot().peak_bytes >= peak);
}

BOOST_AUTO_TEST_CASE(what_one_thread_takes_another_may_free) {
    stats_over_heap<counting::sharded> memory{strata::system_heap()};
    std::vector<void*> blocks(1000);
    for (int round = 0; round != 20; ++round) {
        tests::joined_thread{[&] {
            for (void*& block : blocks) {
                block = memory.allocate(1000, 8);
            }
        }}.join();
        BOOST_TEST(memory.snapshot().live_bytes == 1'000'000);
        tests::joined_thread{[&] {
            for (void* block : blocks) {
                memory.deallocate(block, 1000, 8);
            }
        }}.join();
        BOOST_TEST(memory.snapshot().live_bytes == 0);
    }
    BOOST_TEST(memory.snapshot().allocations == 20'000);
    BOOST_TEST(memory.snapshot().peak_bytes >= 1'000'000);
    BOOST_TEST(memory.snapshot().peak_bytes <= 1'000'000 + 16 * counting::sharded::slack_bytes);
}

BOOST_AUTO_TEST_CASE(many_resources_come_and_go_while_a_thread_counts_on) {
    std::vector<std::unique_ptr<stats_over_heap<counting::sharded>>> all(40);
    for (std::size_t i = 0; i != 400; ++i) {
        auto& each = all[i % all.size()];
        each = std::make_unique<stats_over_heap<counting::sharded>>(strata::system_heap());
        work_in_threads(*each, 1, 10);
        work(*each, i, 20);
        BOOST_TEST(each->snapshot().live_blocks == 0);
        BOOST_TEST(each->snapshot().allocations == each->snapshot().deallocations);
    }
}

BOOST_AUTO_TEST_SUITE_END()
