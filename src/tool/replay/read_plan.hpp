// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_READ_PLAN_HPP
#define STRATA_TOOL_REPLAY_READ_PLAN_HPP

#include <functional>
#include <string>

#include "tool/replay/planner.hpp"
#include "tool/trace/event.hpp"
#include "tool/trace/event_source.hpp"

namespace strata::tool::replay {

struct planned_trace {
    trace::trace_info of;
    plan plays;
    /// From the program's start to its last call, without what it took to record.
    double nanoseconds = 0;
};

/// Reads a trace and plans its replay. Calls `also` with each event.
/// Errors: `failure` if the trace cannot be read, is a sample, or has no allocations.
[[nodiscard]] planned_trace read_plan(
    const std::string& file, trace::on_damage damage, threads_as threads = threads_as::recorded,
    const std::function<void(const trace::event&)>& also = [](const trace::event&) {});

}  // namespace strata::tool::replay

#endif
