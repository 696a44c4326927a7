// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_RECORD_ENVIRONMENT_HPP
#define STRATA_TOOL_RECORD_ENVIRONMENT_HPP

// What `strata record` tells the library that it preloads.
namespace strata::tool {

/// The folder for the live traces, each named `PROCESS.NUMBER`: a process that becomes another
/// program has one for each.
inline constexpr const char* record_folder_variable = "STRATA_RECORD_FOLDER";
/// With call stacks, of so many calls. Not set: without.
inline constexpr const char* record_stacks_variable = "STRATA_RECORD_STACKS";
/// A sample alone, with this mean distance in bytes. Not set: everything.
inline constexpr const char* record_sample_variable = "STRATA_RECORD_SAMPLE";
/// The only process that is recorded. Not set: all are.
inline constexpr const char* record_process_variable = "STRATA_RECORD_PROCESS";

}  // namespace strata::tool

#endif
