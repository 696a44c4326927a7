// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_PROGRAM_RUNS_HPP
#define STRATA_TOOL_TUNE_PROGRAM_RUNS_HPP

#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/tune/trial.hpp"
#include "tool/tune/trial_rounds.hpp"

// Runs of the program itself on strategies.
namespace strata::tool::tune {

/// Runs a program once on the heap, with no input, and its output thrown away. Later runs find its
/// files in memory.
/// Errors: `failure` if it cannot be run on strategies, or does not end in time with status 0.
void require_success(const std::vector<std::string>& command,
                     std::chrono::duration<double> most_time);

/// The rounds of a trial, in which the program runs in the same way; see `play_rounds`. Calls
/// `show` with what is done now.
/// Errors: `failure` if the program fails on the heap.
[[nodiscard]] trial run_trial(const trial_settings& asked,
                              const std::vector<replay::contender>& contenders, std::mt19937& dice,
                              const std::function<void(const std::string&)>& show);

}  // namespace strata::tool::tune

#endif
