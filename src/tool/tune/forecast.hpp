// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_FORECAST_HPP
#define STRATA_TOOL_TUNE_FORECAST_HPP

#include <cstdint>
#include <string>
#include <vector>

#include "tool/tune/candidates.hpp"

// What one play of each strategy, which counts and is not timed, tells before a race.
namespace strata::tool::tune {

/// What a strategy drew from its source in one play of a trace. All in bytes, but for the calls.
struct draw {
    std::int64_t peak = 0;  ///< the most at a time
    std::int64_t calls = 0;
    std::int64_t bytes = 0;     ///< in all
    std::int64_t resident = 0;  ///< known if the play touched what was served
};

struct counted {
    std::string strategy;     ///< in its usual form
    std::vector<draw> draws;  ///< of each trace; empty if they could not be counted
    std::string problem;      ///< why it cannot serve; empty if it can
};

struct forecast_rules {
    bool one_thread = true;     ///< counts are exact; of several threads, timing changes them
    bool time_alone = true;     ///< nothing else is to be small
    bool memory_alone = false;  ///< the same of memory
};

/// Those of `all` that a race need not try, with the reason. Of those that draw the same, to a
/// hundredth, it keeps the one with the fewest options, or the first. What was not counted is never
/// among them.
[[nodiscard]] std::vector<left_out> not_worth_a_race(const std::vector<counted>& all,
                                                     const forecast_rules& by);

}  // namespace strata::tool::tune

#endif
