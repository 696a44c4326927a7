// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_LIVE_TRACES_HPP
#define STRATA_TOOL_LIVE_TRACES_HPP

#include <filesystem>
#include <string>

namespace strata::tool {

/// The live trace that a running process writes; the process is told by its number or its name.
/// Errors: `failure`, if there is no such process, several of that name record, or it records
/// nothing.
[[nodiscard]] std::filesystem::path live_trace_of(const std::string& process);

}  // namespace strata::tool

#endif
