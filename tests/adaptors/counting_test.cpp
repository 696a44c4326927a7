// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE counting
#include <boost/test/unit_test.hpp>

#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include <strata/adaptors/counting.hpp>

namespace counting = strata::counting;

using policies = std::tuple<counting::single, counting::relaxed, counting::sequential>;
using atomic_policies = std::tuple<counting::relaxed, counting::sequential>;

static_assert(!std::is_same_v<counting::relaxed, counting::sequential>);

BOOST_AUTO_TEST_CASE_TEMPLATE(a_counter_starts_at_0_and_adds, Counting, policies) {
    typename Counting::counter counter;
    BOOST_TEST(counter.load() == 0);
    BOOST_TEST(counter.add(5) == 5);
    BOOST_TEST(counter.add(-7) == -2);
    BOOST_TEST(counter.load() == -2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_counter_is_raised_and_never_lowered, Counting, policies) {
    typename Counting::counter counter;
    counter.raise_to(5);
    BOOST_TEST(counter.load() == 5);
    counter.raise_to(3);
    BOOST_TEST(counter.load() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_lose_no_count_and_no_peak, Counting, atomic_policies) {
    typename Counting::counter sum;
    typename Counting::counter most;
    std::vector<std::thread> threads;
    for (std::int64_t first = 0; first != 4; ++first) {
        threads.emplace_back([&, first] {
            for (std::int64_t i = 0; i != 10'000; ++i) {
                sum.add(2);
                most.raise_to(4 * i + first);
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    BOOST_TEST(sum.load() == 80'000);
    BOOST_TEST(most.load() == 39'999);
}
