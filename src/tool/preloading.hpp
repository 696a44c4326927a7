// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_PRELOADING_HPP
#define STRATA_TOOL_PRELOADING_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "tool/failure.hpp"

// How a command makes its process, or a child, the program of the user with a library of Strata's.
namespace strata::tool {

/// Sets an environment variable.
void set_variable(const char* variable, const std::string& value);

/// Puts a library before those of the programs that this process starts.
/// Errors: `failure`, if the loader cannot find a library with such a path.
void preload(const std::filesystem::path& library);

/// Makes this process the program. Returns, with `errno` set, if that cannot be done.
void become(const std::filesystem::path& program, const std::vector<std::string>& command);

[[nodiscard]] failure cannot_run(const std::filesystem::path& program, int error);

}  // namespace strata::tool

#endif
