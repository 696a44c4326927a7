// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_TRIAL_ROUNDS_HPP
#define STRATA_TOOL_TUNE_TRIAL_ROUNDS_HPP

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/replay/outcome.hpp"
#include "tool/tune/objective.hpp"
#include "tool/tune/trial.hpp"

// Who runs when in a trial, and who stays in it.
namespace strata::tool::tune {

struct trial_settings {
    std::vector<std::string> command;
    objective by;
    std::chrono::duration<double> time{30};
    std::uint64_t most_live = 0;  ///< bytes, by the trace
};

/// Runs the program once, and ends it after `most`. The figures are `nanoseconds`, and `resident`
/// for the peak, in bytes. Throws if the program fails on the heap.
using run_once =
    std::function<replay::outcome(const replay::contender&, std::chrono::duration<double> most)>;

/// Lets the program run on each contender. The first is the heap; then come the strategies, the
/// best first; the last is nobody, who takes no time, as in each race. In a round, each has five
/// runs, in random order, and the quickest counts. If the program takes long, they have fewer runs,
/// and only the first three or more strategies are tried. After three rounds, or at least two and
/// half of the time, the best three go on, for seven rounds or more in all. A strategy on which the
/// program fails, or takes ten times as long as on the heap and more than a second, has a problem.
[[nodiscard]] trial play_rounds(const trial_settings& asked,
                                const std::vector<replay::contender>& contenders,
                                std::mt19937& dice, const run_once& run);

}  // namespace strata::tool::tune

#endif
