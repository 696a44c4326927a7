// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What `strata tune` makes of the figures that it measured.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tool/tune/advice.hpp"

BOOST_AUTO_TEST_SUITE(advice_test)

namespace {

namespace replay = strata::tool::replay;
namespace tune = strata::tool::tune;

struct measured {
    std::string strategy;
    std::vector<std::int64_t> nanoseconds;
    std::int64_t resident = 1000;
    std::int64_t refused = 0;
};

replay::result result_of(const measured& one) {
    replay::result made{
        .who = {.name = one.strategy, .strategy = one.strategy}, .rounds = {}, .watched = {}};
    for (const std::int64_t each : one.nanoseconds) {
        made.rounds.push_back({.figures = {{"nanoseconds", each},
                                           {"resident", one.resident},
                                           {"refused", one.refused}},
                               .problem = {}});
    }
    return made;
}

// A course of a program that ran for 1,000 ns, of which the calls on the heap take 400.
void add_course(tune::advice& to, const std::vector<measured>& all, double recorded = 1000) {
    auto plan = std::make_shared<replay::plan>();
    plan->head.most_bytes = 500;
    to.courses.push_back({.name = "fresh heap",
                          .plays = plan,
                          .asked = {},
                          .by = to.by,
                          .recorded_nanoseconds = recorded});
    to.last.by.push_back(to.by);
    replay::results& course = to.last.by_course.emplace_back();
    course.plays.head = plan->head;
    course.all.push_back(result_of({"heap", {400, 400, 400}}));
    for (const measured& each : all) {
        course.all.push_back(result_of(each));
    }
    course.all.push_back(result_of({"", {0, 0, 0}, 0}));
    to.standings = to.last.standings();
}

tune::advice advice_of(const std::vector<measured>& all, tune::figure by = tune::figure::time,
                       double recorded = 1000) {
    tune::advice made;
    made.by = by;
    add_course(made, all, recorded);
    return made;
}

std::vector<std::int64_t> seven(std::int64_t nanoseconds) {
    return std::vector<std::int64_t>(7, nanoseconds);
}

// Seven rounds of a program that takes 1,000 ns on the heap.
void add_trial(tune::advice& to, const std::vector<measured>& all) {
    tune::race runs;
    runs.by.push_back(to.by);
    replay::results& course = runs.by_course.emplace_back();
    course.all.push_back(result_of({"heap", seven(1000)}));
    for (const measured& each : all) {
        course.all.push_back(result_of(each));
    }
    course.all.push_back(result_of({"", seven(0), 0}));
    runs.rounds = 7;
    to.tried = tune::trial{{"./app"}, std::move(runs)};
}

std::string name_of(const tune::standing* of) {
    return of == nullptr ? "heap" : of->who.name;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_clearly_ahead_is_taken) {
    const auto of = advice_of({{"pool", {200, 200, 200}}, {"concurrent_pool", {300, 300, 300}}});
    BOOST_TEST(name_of(of.winner()) == "pool");
    BOOST_TEST(of.saved(*of.winner()).value() == 0.2, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(of.possible().value() == 0.4, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(of.reason() ==
               "it is ahead of the heap on each trace and heap by more than twice the spread, and "
               "saves 20 % of the program's time; on the heap the calls take 40 % of it");
}

BOOST_AUTO_TEST_CASE(a_gain_within_the_noise_is_none) {
    const auto of = advice_of({{"pool", {250, 380, 500}}});
    BOOST_TEST(name_of(of.winner()) == "heap");
    BOOST_TEST(of.reason() ==
               "the best strategy, pool, is not ahead on each trace and heap by more than twice "
               "the spread");
}

BOOST_AUTO_TEST_CASE(a_gain_on_one_course_alone_is_none) {
    auto of = advice_of({{"pool", {200, 200, 200}}});
    BOOST_TEST(name_of(of.winner()) == "pool");
    add_course(of, {{"pool", {410, 410, 410}}});
    BOOST_TEST(name_of(of.winner()) == "heap");
}

BOOST_AUTO_TEST_CASE(a_gain_that_the_program_does_not_notice_is_none) {
    const auto of = advice_of({{"pool", {200, 200, 200}}}, tune::figure::time, 25'000);
    BOOST_TEST(name_of(of.winner()) == "heap");
    BOOST_TEST(of.reason() == "the best strategy, pool, saves 0.80 % of the program's time, less "
                              "than a hundredth");
    const auto less = advice_of({{"pool", {200, 200, 200}}}, tune::figure::time, 100'000);
    BOOST_TEST(less.reason() == "the calls take 0.40 % of the program's time");
}

BOOST_AUTO_TEST_CASE(of_equals_the_one_with_fewest_options_is_taken) {
    const auto of = advice_of({{"pool(first_chunk=4KiB)", {195, 200, 205}},
                               {"pool", {196, 201, 206}},
                               {"arena(first_chunk=4KiB)", {300, 300, 300}}});
    BOOST_TEST(name_of(of.winner()) == "pool");
}

BOOST_AUTO_TEST_CASE(a_simpler_one_that_is_slower_is_not_taken) {
    const auto of =
        advice_of({{"pool(first_chunk=4KiB)", {200, 200, 200}}, {"pool", {300, 300, 300}}});
    BOOST_TEST(name_of(of.winner()) == "pool(first_chunk=4KiB)");
}

// The luck of a round is the same for both: it is no reason to call them equal.
BOOST_AUTO_TEST_CASE(luck_that_all_share_does_not_make_them_equal) {
    const auto of =
        advice_of({{"pool(first_chunk=4KiB)", {50, 100, 150}}, {"pool", {60, 120, 180}}});
    BOOST_TEST(name_of(of.winner()) == "pool(first_chunk=4KiB)");
}

// 1.2 and 0.9 % of the program's time.
BOOST_AUTO_TEST_CASE(a_simpler_one_that_gains_too_little_is_not_taken) {
    const auto of =
        advice_of({{"pool(first_chunk=4KiB)", {279, 280, 281}}, {"pool", {310, 310, 310}}},
                  tune::figure::time, 10'000);
    BOOST_TEST(name_of(of.winner()) == "pool(first_chunk=4KiB)");
}

BOOST_AUTO_TEST_CASE(what_cannot_serve_is_last) {
    auto of = advice_of({{"limit(1KiB) > heap", {10, 10, 10}, 1000, 3}, {"pool", {500, 500, 500}}});
    BOOST_TEST(of.standings.back().who.name == "limit(1KiB) > heap");
    BOOST_TEST(of.standings.back().problem == "has not enough memory for it");
    BOOST_TEST(name_of(of.winner()) == "heap");
}

BOOST_AUTO_TEST_CASE(a_peak_is_judged_by_resident_memory) {
    const auto of = advice_of({{"pool", {900, 900, 900}, 800}, {"arena", {10, 10, 10}, 2000}},
                              tune::figure::peak);
    BOOST_TEST(name_of(of.winner()) == "pool");
    BOOST_TEST(of.reason() ==
               "it is ahead of the heap on each trace and heap by more than twice the spread, and "
               "saves 20 % of the heap's memory; 50 % of it is waste");
    BOOST_TEST(of.saved(*of.winner()).value() == 0.2, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(of.possible().value() == 0.5, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(runs_of_the_program_decide) {
    auto of = advice_of({{"pool", {300, 300, 300}}, {"concurrent_pool", {200, 200, 200}}});
    add_trial(of, {{"concurrent_pool", seven(1100)}, {"pool", seven(800)}});
    BOOST_TEST(name_of(of.winner()) == "pool");
    BOOST_TEST(of.saved(*of.winner()).value() == 0.2, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(of.predicted(*of.winner()).value() == 0.1, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(of.tried->median("pool", "nanoseconds").value() == 800);
    BOOST_TEST(of.reason() ==
               "in runs of the program it is ahead of the heap, by more than luck, and saves "
               "20 % of the program's time; on the heap the calls take 40 % of it");
}

BOOST_AUTO_TEST_CASE(what_is_behind_in_a_replay_is_not_taken) {
    auto of = advice_of({{"pool", {600, 600, 600}}});
    add_trial(of, {{"pool", seven(900)}});
    BOOST_TEST(name_of(of.winner()) == "heap");
    BOOST_TEST(of.reason() ==
               "the best strategy, pool, is ahead in runs of the program, but more than "
               "a twentieth behind in a replay");
}

BOOST_AUTO_TEST_CASE(what_is_ahead_in_replays_alone_is_not_taken) {
    auto of = advice_of({{"pool", {100, 100, 100}}});
    add_trial(of, {{"pool", {700, 750, 800, 810, 820, 850, 1001}}});
    BOOST_TEST(name_of(of.winner()) == "heap");
    BOOST_TEST(of.reason() ==
               "the best strategy, pool, is not ahead in runs of the program by more "
               "than luck");
}

// The best figure of some is in part luck.
BOOST_AUTO_TEST_CASE(options_that_runs_cannot_tell_from_luck_are_not_taken) {
    auto of = advice_of({{"pool(first_chunk=4KiB)", {200, 200, 200}}, {"pool", {200, 200, 200}}});
    add_trial(of, {{"pool(first_chunk=4KiB)", {780, 790, 800, 800, 800, 810, 820}},
                   {"pool", {770, 810, 812, 816, 820, 825, 830}}});
    BOOST_TEST(name_of(of.winner()) == "pool");
    of.tried.reset();
    add_trial(of, {{"pool(first_chunk=4KiB)", seven(800)}, {"pool", seven(816)}});
    BOOST_TEST(name_of(of.winner()) == "pool(first_chunk=4KiB)");
}

BOOST_AUTO_TEST_CASE(few_runs_are_not_enough) {
    auto of = advice_of({{"pool", {100, 100, 100}}, {"concurrent_pool", {200, 200, 200}}});
    add_trial(of, {{"concurrent_pool", seven(800)}, {"pool", {500}}});
    BOOST_TEST(name_of(of.winner()) == "concurrent_pool");
}

BOOST_AUTO_TEST_CASE(what_fails_in_the_program_is_not_taken) {
    auto of = advice_of({{"pool", {100, 100, 100}}, {"concurrent_pool", {200, 200, 200}}});
    add_trial(of, {{"concurrent_pool", seven(800)}, {"pool", seven(500)}});
    of.tried->runs.by_course.front().all[2].rounds.front().problem = "ended with status 1";
    BOOST_TEST(name_of(of.winner()) == "concurrent_pool");
    BOOST_TEST(!of.in_program(of.standings.front()).has_value());
    BOOST_TEST(!of.saved(of.standings.front()).has_value());
}

// What beats the heap in one figure alone does not take its place.
BOOST_AUTO_TEST_CASE(a_front_has_what_none_beats_in_both) {
    const auto front = tune::front_of({{"heap", 1, 1},
                                       {"slow and large", 1.5, 2},
                                       {"fast", 0.3, 1.5},
                                       {"as fast and larger", 0.3, 1.6},
                                       {"small", 1.2, 0.8}});
    std::string names;
    for (const tune::time_and_peak& each : front) {
        names += each.strategy + ' ';
    }
    BOOST_TEST(names == "fast heap small ");
}

BOOST_AUTO_TEST_SUITE_END()
