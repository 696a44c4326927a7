// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_PACKING_HPP
#define STRATA_TOOL_TRACE_PACKING_HPP

#include <cstdint>
#include <ostream>
#include <string>

#include "tool/trace/event_source.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::trace {

struct packed_trace {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    std::uint64_t unknown = 0;  ///< frees
    std::uint64_t missed = 0;   ///< frees
    std::uint64_t dropped = 0;  ///< events
};

/// Writes all events to a packed trace, which has its name only when it is complete; "-" is
/// standard output. If `sums` is given, they are summed up there.
/// Errors: `failure`, if it cannot be written.
packed_trace pack_to(const std::string& path, event_source& from, trace_summary* sums = nullptr);

/// Says what was written, and which events are missing.
void tell(const packed_trace& of, std::ostream& to, const std::string& name);
/// Says which events are missing; each line begins with `before`.
void tell_missing(const packed_trace& of, std::ostream& to, const char* before);

}  // namespace strata::tool::trace

#endif
