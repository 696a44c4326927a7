// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_CHECK_BUDGET_HPP
#define STRATA_TOOL_CHECK_BUDGET_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tool/trace/trace_summary.hpp"

// Bounds on what a trace has: `peak<=64MiB`, `allocations("parse")<=3/worst-call`.
namespace strata::tool::check {

/// The figures that can be bounded, in the order of their names in budget.cpp.
enum class figure {
    peak,          ///< bytes, when the most were live
    most_blocks,   ///< that were live at any moment
    allocations,   ///< blocks
    allocated,     ///< bytes; those by which blocks grew count as well
    leaks,         ///< blocks that are live at the end
    leaked_bytes,  ///< of these
    refused        ///< allocations
};

enum class comparison { at_most, at_least, equal, less, more };

/// Whether a figure is of single calls of a phase.
enum class per_call {
    none,  ///< of all together
    mean,  ///< divided by how often the phase began
    worst  ///< of the call that has the most
};

struct budget {
    std::string text;  ///< as it was given
    figure of = figure::peak;
    std::string phase = {};  ///< empty: of the whole program
    std::string resource = {};
    comparison how = comparison::at_most;
    double bound = 0;
    per_call per = per_call::none;
};

/// What a trace has.
struct finding {
    double measured = 0;
    bool holds = false;
    std::uint64_t call = 0;   ///< the number of the worst call, from 1 on; 0: the budget is of none
    std::uint64_t calls = 0;  ///< of the phase
};

/// Errors: `failure`, which begins with `where` and says what was expected.
[[nodiscard]] budget parse_budget(std::string_view text, const std::string& where);

/// Errors: `failure` if the trace has no such phase or resource.
[[nodiscard]] finding judge(const budget& one, const trace::trace_summary& of);

/// The figure in words: "2.8 MiB", "35", "3.50 a call", "35 in call 17 of 120".
[[nodiscard]] std::string in_words(const budget& one, const finding& found);

}  // namespace strata::tool::check

#endif
