// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_SEARCH_HPP
#define STRATA_TOOL_TUNE_SEARCH_HPP

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tool/tune/advice.hpp"
#include "tool/tune/input.hpp"
#include "tool/tune/objective.hpp"

namespace strata::tool::tune {

struct search_settings {
    objective by;
    std::chrono::seconds budget{60};
    std::uint32_t seed = 42;
    std::vector<std::string> program = {};  ///< with arguments, to be run on the best; may be empty
};

/// Plays strategies on all traces, which must not be empty, for as long as the budget allows. The
/// last race is on those that were held out, too. If there is a program, it runs in the last two
/// thirds of the budget.
/// Errors: `failure` if the traces are of different kinds, the heap cannot play them, or the
/// program cannot be tried: as it is no whole program, or slow calls count; and those of
/// `require_success`.
[[nodiscard]] advice search_strategy(const std::vector<input>& all,
                                     const std::vector<input>& held_out,
                                     const search_settings& asked);

}  // namespace strata::tool::tune

#endif
