// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What rounds tell of the ratio of two contenders.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "tool/replay/results.hpp"

BOOST_AUTO_TEST_SUITE(results_test)

namespace {

using strata::tool::replay::ratio;
using strata::tool::replay::ratio_of;

// Of the ratios 1, 2, 3 and so on.
ratio of_first(std::size_t rounds) {
    std::vector<double> values(rounds);
    std::iota(values.begin(), values.end(), 1.0);
    return ratio_of(values, std::vector<double>(rounds, 1.0)).value();
}

}  // namespace

// 18 of 25 rounds are on one side of the median by luck in 2.2 % of all cases, 17 in 5.4 %.
BOOST_AUTO_TEST_CASE(of_25_rounds_18_decide) {
    const ratio of = of_first(25);
    BOOST_TEST(of.median == 13);
    BOOST_TEST(of.at_most == 18);
    BOOST_TEST(of.at_least == 8);
}

// All of five are on one side in one case of 32, all of four in one of 16.
BOOST_AUTO_TEST_CASE(all_of_five_rounds_decide_and_four_do_not) {
    BOOST_TEST(of_first(5).at_most == 5);
    BOOST_TEST(of_first(5).at_least == 1);
    BOOST_TEST(std::isinf(of_first(4).at_most));
    BOOST_TEST(of_first(4).at_least == 0);
}

BOOST_AUTO_TEST_CASE(rounds_without_a_base_are_left_out) {
    const auto of = ratio_of({2, 2, 2, 9}, {1, 1, 1, 0});
    BOOST_TEST(of.value().median == 2);
    BOOST_TEST(!ratio_of({2, 9, 9}, {1, 0, 0}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
