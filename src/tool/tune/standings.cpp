// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/race.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace strata::tool::tune {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

std::string problem_of(const replay::result& one) {
    if (!one.problem().empty()) {
        return one.problem();
    }
    const auto refuses = [](const replay::outcome& each) {
        return each.of("refused").value_or(0) != 0;
    };
    return std::ranges::any_of(one.rounds, refuses) ? not_enough_memory : "";
}

standing standing_of(const race& in, std::size_t contender) {
    standing made{.who = in.by_course.front().all[contender].who, .of_heap = {}, .problem = {}};
    for (std::size_t i = 0; i != in.by_course.size(); ++i) {
        const replay::results& course = in.by_course[i];
        const replay::result& one = course.all[contender];
        const auto ratio =
            in.by[i].ratio_between(course, one.who.name, course.all.front().who.name);
        made.problem =
            !made.problem.empty()      ? made.problem
            : !problem_of(one).empty() ? problem_of(one)
            : ratio                    ? ""
                    : "it cannot be measured: the heap's figure is 0, or the trace too short";
        made.of_heap.push_back(ratio.value_or(replay::ratio{never, 0}));
    }
    return made;
}

}  // namespace

double standing::score() const {
    double worst = 0;
    for (const replay::ratio& each : of_heap) {
        worst = std::max(worst, each.median);
    }
    return problem.empty() ? worst : never;
}

double race::worst_of(const std::string& name, figure what) const {
    double worst = 0;
    for (const replay::results& course : by_course) {
        if (what == figure::time || !course.asked.aged) {
            const auto ratio =
                objective{what}.ratio_between(course, name, course.all.front().who.name);
            worst = std::max(worst, ratio ? ratio->median : never);
        }
    }
    return worst;
}

std::vector<standing> race::standings() const {
    std::vector<standing> all;
    for (std::size_t i = 1; i + 1 < by_course.front().all.size(); ++i) {
        all.push_back(standing_of(*this, i));
    }
    std::ranges::stable_sort(all, {}, &standing::score);
    return all;
}

}  // namespace strata::tool::tune
