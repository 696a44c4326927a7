// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/race.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "tool/failure.hpp"
#include "tool/replay/outcome.hpp"

namespace strata::tool::tune {
namespace {

// To time each call makes all of them slower, so that is a play of its own.
replay::outcome play(const course& on, const replay::contender& who) {
    replay::outcome made = replay::play_once(*on.plays, who, on.asked);
    if (on.by.weight(figure::worst_call) > 0 && made.problem.empty()) {
        replay::settings watching = on.asked;
        watching.watches = true;
        const replay::outcome watched = replay::play_once(*on.plays, who, watching);
        made.problem = watched.problem;
        if (const auto slow = watched.of(slow_call)) {
            made.figures[std::string{slow_call}] = *slow;
        }
    }
    return made;
}

// It is no use to learn more exactly how bad a contender is, and its plays take the time of many.
constexpr double hopeless = 3;

// On each course, since one alone may have been played while the machine had other work.
bool is_hopeless(const race& until_now, std::size_t contender) {
    if (until_now.rounds == 0) {
        return false;
    }
    for (std::size_t i = 0; i != until_now.by_course.size(); ++i) {
        const replay::results& course = until_now.by_course[i];
        const auto ratio = until_now.by[i].ratio_between(course, course.all[contender].who.name,
                                                         course.all.front().who.name);
        if (!ratio || ratio->median <= hopeless) {
            return false;
        }
    }
    return true;
}

}  // namespace

race run(const std::vector<course>& courses, const std::vector<replay::contender>& contenders,
         std::size_t least, std::size_t rounds, const std::function<bool()>& is_late,
         std::mt19937& dice, const std::function<void(const std::string&)>& show) {
    race made;
    for (std::size_t i = 0; i != courses.size(); ++i) {
        made.by.push_back(courses[i].by);
        replay::results& next = made.by_course.emplace_back();
        next.plays.head = courses[i].plays->head;
        next.asked = courses[i].asked;
        for (const replay::contender& each : contenders) {
            next.all.push_back({.who = each, .rounds = {}, .watched = {}});
        }
    }
    std::vector<std::size_t> order(contenders.size());
    std::iota(order.begin(), order.end(), 0);
    for (; made.rounds != rounds && (made.rounds < least || !is_late()); ++made.rounds) {
        std::erase_if(order, [&](std::size_t at) {
            return at != 0 && at + 1 != contenders.size() && is_hopeless(made, at);
        });
        for (std::size_t i = 0; i != courses.size(); ++i) {
            std::ranges::shuffle(order, dice);
            for (const std::size_t at : order) {
                replay::result& one = made.by_course[i].all[at];
                show(one.who.name);
                one.rounds.push_back(one.problem().empty() ? play(courses[i], one.who)
                                                           : one.rounds.back());
            }
        }
    }
    for (const replay::results& each : made.by_course) {
        for (const std::size_t needed : {std::size_t{0}, each.all.size() - 1}) {
            if (!each.all[needed].problem().empty()) {
                throw failure{each.all[needed].who.name +
                              " cannot play the trace: " + each.all[needed].problem()};
            }
        }
    }
    return made;
}

}  // namespace strata::tool::tune
