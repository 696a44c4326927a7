// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <vector>

#include <strata/adaptors/counting.hpp>

#include "support/joined_thread.hpp"

BOOST_AUTO_TEST_SUITE(counting_test)

namespace counting = strata::counting;

using policies =
    std::tuple<counting::single, counting::relaxed, counting::sequential, counting::sharded>;
using exact_for_threads = std::tuple<counting::relaxed, counting::sequential>;

static_assert(!std::is_same_v<counting::relaxed, counting::sequential>);

BOOST_AUTO_TEST_CASE_TEMPLATE(a_tally_starts_at_0_and_counts, Counting, policies) {
    typename Counting::tally tally;
    BOOST_TEST((tally.snapshot() == strata::allocation_stats{}));
    tally.allocated(100, 8);
    tally.allocated(5, 64);
    tally.deallocated(100);
    tally.failed();
    const auto counted = tally.snapshot();
    BOOST_TEST(counted.live_bytes == 5);
    BOOST_TEST(counted.live_blocks == 1);
    BOOST_TEST(counted.peak_bytes == 105);
    BOOST_TEST(counted.peak_blocks == 2);
    BOOST_TEST(counted.allocations == 2);
    BOOST_TEST(counted.deallocations == 1);
    BOOST_TEST(counted.allocated_bytes == 105);
    BOOST_TEST(counted.deallocated_bytes == 100);
    BOOST_TEST(counted.failures == 1);
    BOOST_TEST(counted.sizes[7] == 1);
    BOOST_TEST(counted.alignments[6] == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_live_may_fall_below_0, Counting, policies) {
    typename Counting::tally tally;
    tally.deallocated(100);
    BOOST_TEST(tally.snapshot().live_bytes == -100);
    BOOST_TEST(tally.snapshot().live_blocks == -1);
    BOOST_TEST(tally.snapshot().peak_bytes == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_lose_no_count_and_no_peak, Counting, exact_for_threads) {
    typename Counting::tally tally;
    const auto run = [&](auto work) {
        std::vector<tests::joined_thread> threads;
        for (int i = 0; i != 4; ++i) {
            threads.emplace_back([=] {
                for (int step = 0; step != 10'000; ++step) {
                    work();
                }
            });
        }
    };
    run([&] { tally.allocated(2, 1); });
    run([&] { tally.deallocated(2); });
    BOOST_TEST(tally.snapshot().allocated_bytes == 80'000);
    BOOST_TEST(tally.snapshot().live_bytes == 0);
    BOOST_TEST(tally.snapshot().peak_bytes == 80'000);
    BOOST_TEST(tally.snapshot().peak_blocks == 40'000);
}

BOOST_AUTO_TEST_SUITE_END()
