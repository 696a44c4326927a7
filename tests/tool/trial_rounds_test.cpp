// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The rounds of a trial, on a program and a machine that are made up.
#include "tool/tune/trial_rounds.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/replay/outcome.hpp"

BOOST_AUTO_TEST_SUITE(trial_rounds_test)

namespace {

namespace replay = strata::tool::replay;
namespace tune = strata::tool::tune;
using seconds = std::chrono::duration<double>;

// A program that takes so many milliseconds on each strategy.
struct made_up_program {
    std::map<std::string, double> milliseconds;
    std::string fails_on = {};
    // On a disturbed machine, eight runs in a row take 1.6 times as long, then eight do not.
    bool is_disturbed = false;

    std::map<std::string, std::size_t> runs = {};
    std::size_t count = 0;
    seconds most{};  // for the last run

    [[nodiscard]] tune::trial tried_in(seconds time, const std::vector<std::string>& strategies) {
        std::vector<replay::contender> who{{.name = "heap"}};
        for (const std::string& each : strategies) {
            who.push_back({.name = each, .strategy = each, .is_strategy = true});
        }
        who.push_back({.name = "nobody"});
        std::mt19937 dice{42};
        return tune::play_rounds(
            {.command = {"app"},
             .by = tune::figure::time,
             .time = time,
             .most_live = 1},
            who, dice, [this](const replay::contender& on, seconds most_time) {
                return run(on.name, most_time);
            });
    }

private:
    replay::outcome run(const std::string& on, seconds most_time) {
        most = most_time;
        ++runs[on];
        const bool is_slow = is_disturbed && count++ / 8 % 2 == 1;
        return {.figures = {{"nanoseconds", static_cast<std::int64_t>(
                                                milliseconds.at(on) * (is_slow ? 1.6e6 : 1e6))},
                            {"resident", 1 << 20}},
                .problem = on == fails_on ? "ended with status 1" : ""};
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_machine_that_is_slow_at_times_changes_no_figure) {
    made_up_program app{.milliseconds = {{"heap", 100}, {"pool", 80}, {"arena", 101}},
                        .is_disturbed = true};
    const tune::trial of = app.tried_in(seconds{60}, {"pool", "arena"});
    BOOST_TEST(of.runs_a_round == 5u);
    BOOST_TEST(of.runs.rounds == 25u);
    BOOST_TEST(of.of_heap("pool").value().median == 0.8, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(of.of_heap("pool").value().at_most < 1);
    BOOST_TEST(of.of_heap("arena").value().median == 1.01, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(of.of_heap("arena").value().at_most > 1);
}

BOOST_AUTO_TEST_CASE(three_go_on) {
    made_up_program app{
        .milliseconds = {
            {"heap", 10}, {"one", 9}, {"two", 13}, {"three", 8}, {"four", 12}, {"five", 11}}};
    const tune::trial of = app.tried_in(seconds{10}, {"one", "two", "three", "four", "five"});
    for (const char* each : {"one", "three", "five"}) {
        BOOST_TEST(of.is_whole(each));
    }
    for (const char* each : {"two", "four"}) {
        BOOST_TEST(!of.is_whole(each));
        BOOST_TEST(app.runs[each] == 3 * of.runs_a_round);
    }
}

BOOST_AUTO_TEST_CASE(a_program_that_takes_long_has_seven_rounds_on_three) {
    made_up_program app{
        .milliseconds = {
            {"heap", 9000}, {"one", 9000}, {"two", 8000}, {"three", 9000}, {"four", 1}}};
    const tune::trial of = app.tried_in(seconds{60}, {"one", "two", "three", "four"});
    BOOST_TEST(of.runs_a_round == 1u);
    BOOST_TEST(of.runs.rounds == 7u);
    BOOST_TEST(app.runs["heap"] == 8u);
    BOOST_TEST(app.runs["three"] == 7u);
    BOOST_TEST(app.runs["four"] == 0u);
    BOOST_TEST(of.of("four") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_time_is_kept) {
    made_up_program app{.milliseconds = {{"heap", 100}, {"one", 100}, {"two", 100}}};
    (void)app.tried_in(seconds{40}, {"one", "two"});
    double taken = 0;
    for (const auto& [name, count] : app.runs) {
        taken += static_cast<double>(count) * app.milliseconds[name] / 1000;
    }
    BOOST_TEST(taken < 42);  // the last round was not broken off
}

BOOST_AUTO_TEST_CASE(a_strategy_on_which_the_program_fails_is_out) {
    made_up_program app{.milliseconds = {{"heap", 100}, {"one", 50}, {"two", 90}},
                        .fails_on = "one"};
    const tune::trial of = app.tried_in(seconds{60}, {"one", "two"});
    BOOST_TEST(app.runs["one"] == 1u);
    BOOST_TEST(!of.of_heap("one").has_value());
    BOOST_TEST(of.of("one")->problem() == "ended with status 1");
    BOOST_TEST(of.is_whole("two"));
}

BOOST_AUTO_TEST_CASE(a_run_may_take_ten_times_as_long_as_on_the_heap) {
    made_up_program brief{.milliseconds = {{"heap", 10}, {"one", 10}}};
    (void)brief.tried_in(seconds{60}, {"one"});
    BOOST_TEST(brief.most.count() == 1);
    made_up_program longer{.milliseconds = {{"heap", 500}, {"one", 500}}};
    (void)longer.tried_in(seconds{60}, {"one"});
    BOOST_TEST(longer.most.count() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
