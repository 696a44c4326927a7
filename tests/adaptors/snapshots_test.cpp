// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Snapshots beside threads that count: what a monitor may rely on.
#define BOOST_TEST_MODULE snapshots
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include <strata/adaptors/counting.hpp>

#include "support/joined_thread.hpp"
#include "support/random.hpp"

using strata::allocation_stats;
namespace counting = strata::counting;

namespace {

constexpr std::size_t thread_count = 16;
constexpr std::size_t place_count = 64;
constexpr std::size_t largest_block = 65536;

using shared_policies = std::tuple<counting::relaxed, counting::sequential, counting::sharded>;

template <class Counting>
constexpr std::int64_t off_bytes = 0;
template <>
constexpr std::int64_t off_bytes<counting::sharded> =
    static_cast<std::int64_t>(thread_count) * counting::sharded::slack_bytes;
template <class Counting>
constexpr std::int64_t off_blocks = 0;
template <>
constexpr std::int64_t off_blocks<counting::sharded> =
    static_cast<std::int64_t>(thread_count) * counting::sharded::slack_blocks;

// What may be live at once, at most: a block in each place, and one in each thread's hands.
constexpr auto most_blocks = static_cast<std::int64_t>(place_count + thread_count);
constexpr auto most_bytes = most_blocks * static_cast<std::int64_t>(largest_block);

// The sizes of blocks that threads leave for each other; 0: none.
using places = std::array<std::atomic<std::size_t>, place_count>;

struct truth {
    std::atomic<std::int64_t> allocations = 0;
    std::atomic<std::int64_t> bytes = 0;
};

template <class Tally>
void count(Tally& tally, places& all, truth& counted, std::uint64_t seed,
           const std::atomic<bool>& stop) {
    tests::random dice{seed};
    std::int64_t allocations = 0;
    std::int64_t bytes = 0;
    while (!stop.load(std::memory_order_relaxed)) {
        const std::size_t size = 1 + dice.below(dice.below(4) == 0 ? largest_block : 200);
        tally.allocated(size, 8);
        ++allocations;
        bytes += static_cast<std::int64_t>(size);
        const std::size_t old = all[dice.below(place_count)].exchange(size);
        if (old != 0) {
            tally.deallocated(old);
        }
    }
    counted.allocations += allocations;
    counted.bytes += bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(snapshots_beside_threads_can_be_true, Counting, shared_policies) {
    typename Counting::tally tally;
    places all{};
    truth counted;
    std::atomic<bool> stop = false;
    const std::uint64_t snapshots = tests::operations(50'000);
    std::int64_t backwards = 0;
    std::int64_t below_0 = 0;
    std::int64_t above_peak = 0;
    std::int64_t too_high = 0;
    {
        std::vector<tests::joined_thread> threads;
        for (std::size_t i = 0; i != thread_count; ++i) {
            threads.emplace_back([&, i] { count(tally, all, counted, i, stop); });
        }
        allocation_stats last;
        for (std::uint64_t i = 0; i != snapshots; ++i) {
            const allocation_stats now = tally.snapshot();
            backwards += now.allocations < last.allocations ||
                         now.deallocations < last.deallocations ||
                         now.allocated_bytes < last.allocated_bytes ||
                         now.deallocated_bytes < last.deallocated_bytes ||
                         now.peak_bytes < last.peak_bytes || now.peak_blocks < last.peak_blocks;
            below_0 += now.live_bytes < 0 || now.live_blocks < 0 || now.deallocations < 0;
            above_peak += now.live_bytes > now.peak_bytes || now.live_blocks > now.peak_blocks;
            too_high += now.peak_bytes > most_bytes + off_bytes<Counting> ||
                        now.peak_blocks > most_blocks + off_blocks<Counting>;
            last = now;
        }
        stop = true;
    }
    BOOST_TEST(backwards == 0);
    BOOST_TEST(below_0 == 0);
    BOOST_TEST(above_peak == 0);
    BOOST_TEST(too_high == 0);

    for (const std::atomic<std::size_t>& left : all) {
        if (left != 0) {
            tally.deallocated(left);
        }
    }
    const allocation_stats end = tally.snapshot();
    BOOST_TEST(end.allocations == counted.allocations);
    BOOST_TEST(end.deallocations == counted.allocations);
    BOOST_TEST(end.allocated_bytes == counted.bytes);
    BOOST_TEST(end.deallocated_bytes == counted.bytes);
    BOOST_TEST(end.live_bytes == 0);
    BOOST_TEST(end.live_blocks == 0);
}
