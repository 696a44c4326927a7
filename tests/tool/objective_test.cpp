// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tool/failure.hpp"
#include "tool/tune/objective.hpp"

namespace {

namespace replay = strata::tool::replay;
using namespace strata::tool::tune;

struct round {
    std::int64_t nanoseconds;
    std::int64_t resident;
    std::int64_t slow_call = 1;
};

replay::result result_of(const std::string& name, const std::vector<round>& rounds) {
    replay::result made{.who = {.name = name}, .rounds = {}, .watched = {}};
    for (const round& each : rounds) {
        made.rounds.push_back({.figures = {{"nanoseconds", each.nanoseconds},
                                           {"resident", each.resident},
                                           {"p99.99", each.slow_call}},
                               .problem = {}});
    }
    return made;
}

// At most 500 bytes are live, and the driver itself takes no time.
replay::results results_of(const std::vector<round>& heap, const std::vector<round>& pool) {
    replay::results made;
    made.plays.head.most_bytes = 500;
    made.all.push_back(result_of("heap", heap));
    made.all.push_back(result_of("pool", pool));
    made.all.push_back(result_of("nobody", std::vector<round>(heap.size())));
    return made;
}

double ratio_by(const std::string& objective_text, const replay::results& in) {
    return objective::parse(objective_text).ratio_between(in, "pool", "heap").value().median;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(objective_test)

BOOST_AUTO_TEST_CASE(texts_are_read_and_written) {
    for (const char* const each : {"time", "peak", "waste", "worst-call", "time=2,peak=1", "time=1,peak=0.001"}) {
        BOOST_TEST(objective::parse(each).text() == each);
    }
    BOOST_TEST(objective::parse("peak=0.5,time=2").text() == "time=2,peak=0.5");
    BOOST_TEST(objective::parse("peak=3").text() == "peak");
}

BOOST_AUTO_TEST_CASE(what_is_no_objective_is_refused) {
    for (const char* const each :
         {"", "beauty", "time,peak", "time=1,", ",time=1", "time=0", "time=-1", "time=x",
          "time=", "time=1,time=2", "time=inf", "time=nan", "time=1e9", "time=1 ,peak=1", "=1", "time=1,,peak=1"}) {
        BOOST_CHECK_EXCEPTION(
            (void)objective::parse(each), strata::tool::failure, [&](const auto& why) {
                return std::string{why.what()}.find(each) != std::string::npos &&
                       std::string{why.what()}.find("time=2,peak=1") != std::string::npos;
            });
    }
}

BOOST_AUTO_TEST_CASE(each_figure_is_compared_with_the_heaps) {
    const auto in = results_of({{400, 1000, 10}}, {{100, 750, 5}});
    BOOST_TEST(ratio_by("time", in) == 0.25);
    BOOST_TEST(ratio_by("peak", in) == 0.75);
    BOOST_TEST(ratio_by("waste", in) == 0.5);
    BOOST_TEST(ratio_by("worst-call", in) == 0.5);
    BOOST_TEST(ratio_by("time=1,peak=1", in) == 0.5);
    BOOST_TEST(ratio_by("time=3,peak=1", in) == 0.375);
}

BOOST_AUTO_TEST_CASE(the_median_is_that_of_sums_in_a_round) {
    const auto in =
        results_of({{100, 1000}, {100, 1000}, {100, 1000}}, {{50, 3000}, {100, 1000}, {300, 500}});
    BOOST_TEST(ratio_by("time=1,peak=1", in) == 1.75);
}

BOOST_AUTO_TEST_CASE(a_base_of_nothing_cannot_be_measured) {
    const auto in = results_of({{400, 500}}, {{100, 750}});
    BOOST_TEST(!objective::parse("waste").ratio_between(in, "pool", "heap"));
    BOOST_TEST(!objective::parse("time=1,waste=1").ratio_between(in, "pool", "heap"));
}

BOOST_AUTO_TEST_CASE(memory_can_be_left_out) {
    BOOST_TEST(!objective::parse("peak=2,waste=1").without_memory());
    const auto left = objective::parse("time=2,peak=1").without_memory();
    BOOST_TEST(left.value().is_only(figure::time));
}

BOOST_AUTO_TEST_SUITE_END()
