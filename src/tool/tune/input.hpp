// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_INPUT_HPP
#define STRATA_TOOL_TUNE_INPUT_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tool/replay/planner.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/tune/candidates.hpp"
#include "tool/tune/objective.hpp"
#include "tool/tune/race.hpp"

namespace strata::tool::tune {

/// A trace that is to be served well.
struct input {
    std::string file;
    trace::trace_info info;
    std::uint64_t allocated = 0;  ///< bytes, in all
    double nanoseconds = 0;       ///< see `replay::planned_trace`
    std::shared_ptr<const replay::plan> plays;
};

/// Errors: those of `replay::read_plan`.
[[nodiscard]] input read_input(const std::string& file, trace::on_damage damage);

/// Its courses, on a fresh heap and on a littered one. What is resident on the latter is mostly the
/// litter, so memory does not count there.
void add_courses(std::vector<course>& to, const std::vector<input>& of, const objective& by);

/// Errors: `failure` if one is of a resource and the other of a whole program.
void require_one_kind(const input& one, const input& first);

/// What serves all of them; there must be one.
[[nodiscard]] workload workload_of(const std::vector<input>& all);

}  // namespace strata::tool::tune

#endif
