// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_INFO_HPP
#define STRATA_TOOL_TRACE_INFO_HPP

#include <iosfwd>
#include <string>
#include <vector>

#include "tool/terminal.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/site_groups.hpp"
#include "tool/trace/trace_summary.hpp"

// What `strata info` prints of a trace that was read to its end.
namespace strata::tool::trace {

/// As "2026-11-29 20:44:05 UTC".
[[nodiscard]] std::string date_of(std::uint64_t nanoseconds_since_1970);

/// `groups` are the call sites; none if there are no call stacks.
void print_text(std::ostream& to, const event_source& of, const trace_summary& sums,
                const std::vector<site_group>& groups, const terminal& on);
void print_json(std::ostream& to, const event_source& of, const trace_summary& sums,
                const std::vector<site_group>& groups);

}  // namespace strata::tool::trace

#endif
