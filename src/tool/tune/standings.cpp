// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/race.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace strata::tool::tune {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

// The peak hardly varies: the ratio of the medians, without a spread.
std::optional<replay::ratio> ratio_to_heap(const replay::results& of, const replay::result& one,
                                           objective by) {
    if (by == objective::time) {
        return of.to_glibc(one);
    }
    const auto its = replay::results::median(one, "resident");
    const auto heaps = replay::results::median(of.all.front(), "resident");
    if (!its || heaps.value_or(0) == 0) {
        return std::nullopt;
    }
    return replay::ratio{*its / *heaps, 0};
}

std::string problem_of(const replay::result& one) {
    if (!one.problem().empty()) {
        return one.problem();
    }
    const auto refuses = [](const replay::outcome& each) {
        return each.of("refused").value_or(0) != 0;
    };
    return std::ranges::any_of(one.rounds, refuses) ? "has not enough memory for it" : "";
}

standing standing_of(const race& in, std::size_t contender) {
    standing made{.who = in.by_course.front().all[contender].who, .of_heap = {}, .problem = {}};
    for (const replay::results& course : in.by_course) {
        const replay::result& one = course.all[contender];
        const auto ratio = ratio_to_heap(course, one, in.by);
        made.problem = !made.problem.empty() ? made.problem
                       : !problem_of(one).empty()
                           ? problem_of(one)
                       : ratio ? ""
                               : "the trace is too short to measure";
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

std::vector<standing> race::standings() const {
    std::vector<standing> all;
    for (std::size_t i = 1; i + 1 < by_course.front().all.size(); ++i) {
        all.push_back(standing_of(*this, i));
    }
    std::ranges::stable_sort(all, {}, &standing::score);
    return all;
}

}  // namespace strata::tool::tune
