// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Snapshots beside threads that count: what a monitor may rely on.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include <strata/adaptors/counting.hpp>

#include "support/asan.hpp"
#include "support/joined_thread.hpp"
#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(snapshots_test)

using strata::allocation_stats;
namespace counting = strata::counting;

namespace {

constexpr std::int64_t thread_count = 16;
constexpr std::size_t place_count = 64;
constexpr std::size_t largest_block = 65536;

using shared_policies = std::tuple<counting::relaxed, counting::sequential, counting::sharded>;

// How far a thread may be off.
template <class Counting>
constexpr std::int64_t slack_bytes = 0;
template <>
constexpr std::int64_t slack_bytes<counting::sharded> = counting::sharded::slack_bytes;
template <class Counting>
constexpr std::int64_t slack_blocks = 0;
template <>
constexpr std::int64_t slack_blocks<counting::sharded> = counting::sharded::slack_blocks;

// What may be live at once, at most: a block in each place, and one in each thread's hands.
constexpr auto most_blocks = static_cast<std::int64_t>(place_count) + thread_count;
constexpr auto most_bytes = most_blocks * static_cast<std::int64_t>(largest_block);

// The sizes of blocks that threads leave for each other; 0: none.
using places = std::array<std::atomic<std::size_t>, place_count>;

struct truth {
    std::int64_t allocations = 0;
    std::int64_t bytes = 0;
};

// What snapshots of one thread, in their order, must keep. How often each was broken.
struct findings {
    std::int64_t backwards = 0;
    std::int64_t below_0 = 0;
    std::int64_t above_peak = 0;
    std::int64_t too_high = 0;
};

template <class Counting>
class watcher {
public:
    [[nodiscard]] const findings& found() const { return found_; }

    void see(const allocation_stats& now) {
        found_.backwards +=
            now.allocations < last_.allocations || now.deallocations < last_.deallocations ||
            now.allocated_bytes < last_.allocated_bytes ||
            now.deallocated_bytes < last_.deallocated_bytes || now.peak_bytes < last_.peak_bytes ||
            now.peak_blocks < last_.peak_blocks;
        found_.below_0 += now.live_bytes < 0 || now.live_blocks < 0 || now.deallocations < 0;
        found_.above_peak += now.live_bytes > now.peak_bytes || now.live_blocks > now.peak_blocks;
        found_.too_high += now.peak_bytes > most_bytes + thread_count * slack_bytes<Counting> ||
                           now.peak_blocks > most_blocks + thread_count * slack_blocks<Counting>;
        last_ = now;
    }

private:
    findings found_;
    allocation_stats last_;
};

// A block comes, and another thread's may go.
template <class Tally>
void change(Tally& tally, places& all, truth& counted, tests::random& dice) {
    const std::size_t size = 1 + dice.below(dice.below(4) == 0 ? largest_block : 200);
    tally.allocated(size, 8);
    ++counted.allocations;
    counted.bytes += static_cast<std::int64_t>(size);
    const std::size_t old = all[dice.below(place_count)].exchange(size);
    if (old != 0) {
        tally.deallocated(old);
    }
}

}  // namespace

// Each thread counts and watches: one that watched alone would get a share of a processor as small
// as each of the others.
BOOST_AUTO_TEST_CASE_TEMPLATE(snapshots_beside_threads_are_consistent, Counting, shared_policies) {
    typename Counting::tally tally;
    places all{};
    // Of each thread its own, so that nothing but the tally orders what they do.
    std::array<truth, thread_count> counted;
    std::array<findings, thread_count> found;
    const std::uint64_t snapshots =
        std::max<std::uint64_t>(tests::operations(200'000) / thread_count, 1);
    {
        std::vector<tests::joined_thread> threads;
        for (std::uint64_t i = 0; i != thread_count; ++i) {
            threads.emplace_back([&, i] {
                tests::random dice{i};
                truth mine;
                watcher<Counting> watching;
                for (std::uint64_t taken = 0; taken != snapshots; ++taken) {
                    for (std::uint64_t changes = dice.below(8); changes != 0; --changes) {
                        change(tally, all, mine, dice);
                    }
                    watching.see(tally.snapshot());
                }
                counted[i] = mine;
                found[i] = watching.found();
            });
        }
    }
    for (const findings& of_thread : found) {
        BOOST_TEST(of_thread.backwards == 0);
        BOOST_TEST(of_thread.below_0 == 0);
        BOOST_TEST(of_thread.above_peak == 0);
        BOOST_TEST(of_thread.too_high == 0);
    }
    std::int64_t allocations = 0;
    std::int64_t bytes = 0;
    for (const truth& of_thread : counted) {
        allocations += of_thread.allocations;
        bytes += of_thread.bytes;
    }

    for (const std::atomic<std::size_t>& left : all) {
        if (left != 0) {
            tally.deallocated(left);
        }
    }
    const allocation_stats end = tally.snapshot();
    BOOST_TEST(end.allocations == allocations);
    BOOST_TEST(end.deallocations == allocations);
    BOOST_TEST(end.allocated_bytes == bytes);
    BOOST_TEST(end.deallocated_bytes == bytes);
    BOOST_TEST(end.live_bytes == 0);
    BOOST_TEST(end.live_blocks == 0);
}

// Where each thread has little, so that any error shows.
BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_live_is_near_the_truth, Counting, shared_policies) {
    constexpr std::int64_t kept_bytes = 10'000'000;
    constexpr std::int64_t size = 1000;
    for (const std::int64_t threads : {1, 2}) {
        const std::int64_t off = (threads + 1) * slack_bytes<Counting>;  // this one counts too
        const std::int64_t off_blocks = (threads + 1) * slack_blocks<Counting>;
        typename Counting::tally tally;
        tally.allocated(kept_bytes, 8);
        std::atomic<bool> stop = false;
        std::int64_t outside = 0;
        {
            std::vector<tests::joined_thread> running;
            for (std::int64_t i = 0; i != threads; ++i) {
                running.emplace_back([&] {
                    while (!stop.load(std::memory_order_relaxed)) {
                        tally.allocated(size, 8);
                        tally.deallocated(size);
                    }
                });
            }
            // A snapshot is off only where its thread is interrupted in the middle of it.
            const std::size_t snapshots = (tests::tsan ? 1 : 10) * tests::operations(20'000);
            for (std::size_t i = 0; i != snapshots; ++i) {
                const allocation_stats now = tally.snapshot();
                outside += now.live_bytes < kept_bytes - off ||
                           now.live_bytes > kept_bytes + threads * size + off ||
                           now.live_blocks < 1 - off_blocks ||
                           now.live_blocks > 1 + threads + off_blocks;
            }
            stop = true;
        }
        BOOST_TEST(outside == 0);
        const allocation_stats end = tally.snapshot();
        BOOST_TEST(end.live_bytes == kept_bytes);
        BOOST_TEST(end.live_blocks == 1);
        BOOST_TEST(end.peak_bytes <= kept_bytes + threads * size + off);
        BOOST_TEST(end.peak_blocks <= 1 + threads + off_blocks);
    }
}

BOOST_AUTO_TEST_SUITE_END()
