// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_ADVISE_FINDINGS_HPP
#define STRATA_TOOL_ADVISE_FINDINGS_HPP

#include <iosfwd>
#include <string>
#include <vector>

#include "tool/advise/habits.hpp"
#include "tool/trace/call_sites.hpp"
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

/// The largest gain first; those below a hundredth are left out. The sites must have names.
[[nodiscard]] std::vector<finding> findings_of(const habits& seen, const trace::trace_summary& sums,
                                               const trace::call_sites& sites);

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
