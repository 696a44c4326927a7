// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TRACE_MARK_PHASE_HPP
#define STRATA_TRACE_MARK_PHASE_HPP

#include <string_view>

namespace strata {

/// Tells every trace that the process records (`trace_resource`) that the program begins a phase.
///
///     strata::mark_phase("parse");
///
/// Tools show figures for each phase. A name has at most 1,000 bytes; the rest is left out.
///
/// Overhead: one load if no trace is open.
/// Complexity: O(open traces).
/// Errors: none. A trace without room drops the event.
/// Threads: safe to call from any. A phase is one of the program, whichever thread marks it.
void mark_phase(std::string_view name) noexcept;

}  // namespace strata

#endif
