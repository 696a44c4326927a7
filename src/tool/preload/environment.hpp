// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_PRELOAD_ENVIRONMENT_HPP
#define STRATA_TOOL_PRELOAD_ENVIRONMENT_HPP

// What `strata run` tells the library that it preloads: environment variables, which the children
// of the program inherit.
namespace strata::tool {

/// The strategy that serves the malloc family.
inline constexpr const char* strategy_variable = "STRATA_RUN_STRATEGY";
/// If set, each process ends with a report: `stats`, `leaks` or `all`.
inline constexpr const char* report_variable = "STRATA_RUN_REPORT";
/// The file to which each process appends its figures, a line of JSON.
inline constexpr const char* json_variable = "STRATA_RUN_JSON";

}  // namespace strata::tool

#endif
