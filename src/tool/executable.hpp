// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXECUTABLE_HPP
#define STRATA_TOOL_EXECUTABLE_HPP

#include <filesystem>
#include <string>

namespace strata::tool {

/// The file that `execvp` would run.
/// Errors: `failure`, if there is none or it may not be run.
[[nodiscard]] std::filesystem::path find_executable(const std::string& name);

/// Checks that the loader can put a library before the libraries of this program.
/// Errors: `failure`, which says why it cannot.
void require_preloadable(const std::filesystem::path& program);

/// A library that the tool preloads into programs, or a program that it runs: beside the tool, or
/// where all of them are installed.
/// Errors: `failure`, if it is in neither place.
[[nodiscard]] std::filesystem::path find_companion(const char* name);

}  // namespace strata::tool

#endif
