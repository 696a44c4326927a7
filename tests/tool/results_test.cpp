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

// 19 of 25 rounds are on one side of the median by luck in 0.7 % of all cases, 18 in 2.2 %.
BOOST_AUTO_TEST_CASE(of_25_rounds_19_decide) {
    const ratio of = of_first(25);
    BOOST_TEST(of.median == 13);
    BOOST_TEST(of.at_most == 19);
    BOOST_TEST(of.at_least == 7);
}

// All of seven are on one side in one case of 128, all of six in one of 64.
BOOST_AUTO_TEST_CASE(all_of_seven_rounds_decide_and_six_do_not) {
    BOOST_TEST(of_first(7).at_most == 7);
    BOOST_TEST(of_first(7).at_least == 1);
    BOOST_TEST(std::isinf(of_first(6).at_most));
    BOOST_TEST(of_first(6).at_least == 0);
}

BOOST_AUTO_TEST_CASE(rounds_without_a_base_are_left_out) {
    const auto of = ratio_of({2, 2, 2, 9}, {1, 1, 1, 0});
    BOOST_TEST(of.value().median == 2);
    BOOST_TEST(!ratio_of({2, 9, 9}, {1, 0, 0}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
