// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_PROGRAM_RUNS_HPP
#define STRATA_TOOL_TUNE_PROGRAM_RUNS_HPP

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/tune/objective.hpp"
#include "tool/tune/trial.hpp"

// Runs of the program itself on strategies.
namespace strata::tool::tune {

/// Runs a program once on the heap, with no input, and its output thrown away. Later runs find its
/// files in memory.
/// Errors: `failure` if it cannot be run on strategies, or does not end in time with status 0.
void require_success(const std::vector<std::string>& command,
                     std::chrono::duration<double> most_time);

struct trial_settings {
    std::vector<std::string> command;
    objective by;
    std::chrono::duration<double> time{30};
    std::uint64_t most_live = 0;  ///< bytes, by the trace
};

/// Runs the program in the same way on each contender; the first is the heap, and the others are
/// the best first. In a round, each has five runs, in random order, and the quickest counts. If the
/// program takes long, they have fewer runs, and only the first three or more strategies are tried.
/// After three rounds, or at least two and half of the time, the best three go on, for five rounds
/// or more in all.
/// The figures are `nanoseconds`, and `resident` for the peak, in bytes. As in each race, the last
/// of the results is of nobody, who takes no time. A strategy on which the program fails, or takes
/// ten times as long as on the heap and more than a second, has a problem.
/// Errors: `failure` if the program fails on the heap.
[[nodiscard]] trial run_trial(const trial_settings& asked,
                              const std::vector<replay::contender>& contenders, std::mt19937& dice,
                              const std::function<void(const std::string&)>& show);

}  // namespace strata::tool::tune

#endif
