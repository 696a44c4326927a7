// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_RACE_HPP
#define STRATA_TOOL_TUNE_RACE_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/replay/planner.hpp"
#include "tool/replay/results.hpp"
#include "tool/tune/objective.hpp"

// Plays of traces in which strategies compete with the heap.
namespace strata::tool::tune {

/// The problem of a strategy that refused calls.
inline constexpr const char* not_enough_memory = "has not enough memory for it";

/// A trace, and on what heap it is played.
struct course {
    std::string name;
    std::shared_ptr<const replay::plan> plays;
    replay::settings asked;
    objective by;
    double recorded_nanoseconds = 0;  ///< how long the recorded program ran
};

/// What became of one strategy.
struct standing {
    replay::contender who;
    std::vector<replay::ratio> of_heap;  ///< for each course, what is to be small over the heap's
    std::string problem;                 ///< why it cannot serve; empty if it can

    /// The worst over the courses, since it is not known which of them the program is like.
    [[nodiscard]] double score() const;
};

/// The rounds of one race: for each course, the results of the same contenders. The first is the
/// heap, the last plays nothing.
struct race {
    std::vector<replay::results> by_course;
    std::vector<objective> by;  ///< of each course
    std::size_t rounds = 0;

    /// Without the heap and nobody, the best first. What cannot serve is at the end.
    [[nodiscard]] std::vector<standing> standings() const;
    /// Over the heap's, the worst over the courses; of memory, over fresh heaps alone.
    [[nodiscard]] double worst_of(const std::string& name, figure what) const;
};

/// Plays until there are `rounds`, or until `is_late()`, but at least `least` rounds. In each round
/// all play each course, in another order; but not who took three times as much as the heap
/// on each.
[[nodiscard]] race run(const std::vector<course>& courses,
                       const std::vector<replay::contender>& contenders, std::size_t least,
                       std::size_t rounds, const std::function<bool()>& is_late, std::mt19937& dice,
                       const std::function<void(const std::string&)>& show);

}  // namespace strata::tool::tune

#endif
