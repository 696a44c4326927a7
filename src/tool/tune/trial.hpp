// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_TRIAL_HPP
#define STRATA_TOOL_TUNE_TRIAL_HPP

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/tune/objective.hpp"
#include "tool/tune/race.hpp"

// Runs of the program itself on strategies.
namespace strata::tool::tune {

/// Runs the program once on the heap, with no input, and its output thrown away. Later runs find
/// its files in memory. Errors: `failure` if it cannot be run, or does not end with status 0.
void require_success(const std::vector<std::string>& command);

/// Runs the program in the same way on each contender in turn; the first is the heap. From the
/// fourth round on, the heap and the best three go on, until `is_late()`. The figures are
/// `nanoseconds`, and `resident` for the peak, in bytes. As in each race, the last of the results
/// is of nobody, who takes no time.
[[nodiscard]] race run_trial(const std::vector<std::string>& command,
                             const std::vector<replay::contender>& contenders, const objective& by,
                             const std::function<bool()>& is_late, std::mt19937& dice,
                             const std::function<void(const std::string&)>& show);

}  // namespace strata::tool::tune

#endif
