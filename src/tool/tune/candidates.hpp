// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_CANDIDATES_HPP
#define STRATA_TOOL_TUNE_CANDIDATES_HPP

#include <cstdint>
#include <string>
#include <vector>

// The strategies that `strata tune` tries, as texts.
namespace strata::tool::tune {

/// What is to be served.
struct workload {
    double turnover = 1;          ///< all bytes that are allocated, over the most that are live
    std::uint64_t most_live = 0;  ///< bytes, at any moment
    bool needs_threads = true;    ///< any number of threads may call at once
    bool one_thread = false;      ///< but one alone does
    bool bounds_calls = false;    ///< slow calls count in what is to be small
};

/// A composition that was not tried, and why.
struct left_out {
    std::string strategy;
    std::string why;
};

struct compositions {
    std::vector<std::string> tried;
    std::vector<left_out> not_tried;
};

/// The compositions that can serve it, with sizes from what is live at most. What is known to take
/// far more memory than that is left out.
[[nodiscard]] compositions compositions_for(const workload& of);

/// The same strategy with another value of one option, for each number that the tables of options
/// hold worth a try. Flags and words stay as they are. None for layers with strategies inside.
[[nodiscard]] std::vector<std::string> variations_of(const std::string& strategy);

/// The same layers with no options given. Empty if one must be given, or for layers with strategies
/// inside.
[[nodiscard]] std::string without_options(const std::string& strategy);

/// The strategy as a C++ expression: a `strata::stack`, or `strata::strategy::parse` if it has
/// strategies inside or an option whose value is a word.
[[nodiscard]] std::string cpp_of(const std::string& strategy);

}  // namespace strata::tool::tune

#endif
