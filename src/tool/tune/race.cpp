// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/race.hpp"

#include <algorithm>
#include <numeric>

#include "tool/failure.hpp"
#include "tool/replay/outcome.hpp"

namespace strata::tool::tune {

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
        for (std::size_t i = 0; i != courses.size(); ++i) {
            std::ranges::shuffle(order, dice);
            for (const std::size_t at : order) {
                replay::result& one = made.by_course[i].all[at];
                show(one.who.name);
                one.rounds.push_back(
                    one.problem().empty()
                        ? replay::play_once(*courses[i].plays, one.who, courses[i].asked)
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
