// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_ADVISE_FINDINGS_HPP
#define STRATA_TOOL_ADVISE_FINDINGS_HPP

#include <iosfwd>
#include <string>
#include <vector>

#include "tool/trace/call_sites.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::advise {

enum class habit {
    dies_together,    ///< many blocks are freed in one go
    grows,            ///< bit by bit
    leaks,            ///< blocks from all of the run are live at the end
    freed_elsewhere,  ///< on another thread
    just_above        ///< a size class
};

/// What a place in the program does, and what to do about it.
struct finding {
    habit what;
    std::string place;    ///< function, file and line
    std::string callers;  ///< empty if there are none
    std::string seen;     ///< what the blocks of this place do
    std::string gain;     ///< what there is to win
    std::string code;     ///< to paste
    double weight = 0;    ///< the gain as a part of all calls or of all memory
};

struct findings {
    trace::call_sites sites;   ///< with names
    std::vector<finding> all;  ///< the largest gain first; those below a hundredth are left out
};

/// Reads a trace to its end, and tells what was left out. Of a sample nothing is found: most blocks
/// of a group are missing.
[[nodiscard]] findings read_findings(trace::event_source& from, trace::trace_summary& sums);

/// "grows"
[[nodiscard]] const char* name_of(habit what);
/// "memory that grows bit by bit"
[[nodiscard]] const char* title_of(habit what);

void print_text(std::ostream& to, const trace::trace_summary& sums,
                const std::vector<finding>& all);
void print_json(std::ostream& to, const trace::trace_summary& sums,
                const std::vector<finding>& all);

}  // namespace strata::tool::advise

#endif
