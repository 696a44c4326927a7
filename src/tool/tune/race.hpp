// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_RACE_HPP
#define STRATA_TOOL_TUNE_RACE_HPP

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/replay/planner.hpp"
#include "tool/replay/results.hpp"

// Plays of traces in which strategies compete with the heap.
namespace strata::tool::tune {

/// What is to be small.
enum class objective {
    time,  ///< of the calls
    peak   ///< the resident memory
};
inline constexpr std::array<std::string_view, 2> objectives{"time", "peak"};
[[nodiscard]] constexpr std::string_view name_of(objective by) {
    return objectives[static_cast<std::size_t>(by)];
}

/// A trace, and on what heap it is played.
struct course {
    std::string name;
    std::shared_ptr<const replay::plan> plays;
    replay::settings asked;
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
    objective by = objective::time;
    std::size_t rounds = 0;

    /// Without the heap and nobody, the best first. What cannot serve is at the end.
    [[nodiscard]] std::vector<standing> standings() const;
};

[[nodiscard]] const replay::result& result_named(const replay::results& in,
                                                 const std::string& name);
/// What is to be small, of one contender over another one's in the same rounds. Null if it cannot
/// be measured.
[[nodiscard]] std::optional<replay::ratio> ratio_between(const replay::results& in,
                                                         const std::string& one,
                                                         const std::string& base, objective by);

/// Plays until there are `rounds`, or until `is_late()`, but at least `least` rounds. In each round
/// all play each course, in another order.
[[nodiscard]] race run(const std::vector<course>& courses,
                       const std::vector<replay::contender>& contenders, objective by,
                       std::size_t least, std::size_t rounds,
                       const std::function<bool()>& is_late, std::mt19937& dice,
                       const std::function<void(const std::string&)>& show);

}  // namespace strata::tool::tune

#endif
