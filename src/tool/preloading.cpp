// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/preloading.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace strata::tool {
namespace {

// Puts a text before those of a variable that is a list.
void prepend(const char* variable, const std::string& text) {
    const char* const others = std::getenv(variable);
    const bool is_alone = others == nullptr || *others == '\0';
    set_variable(variable, is_alone ? text : text + ":" + others);
}

}  // namespace

void set_variable(const char* variable, const std::string& value) {
    if (setenv(variable, value.c_str(), 1) != 0) {
        throw failure{std::string{variable} + ": cannot be set: " + std::strerror(errno)};
    }
}

// A blank ends a path in LD_PRELOAD, but not in LD_LIBRARY_PATH.
void preload(const std::filesystem::path& library) {
    const std::string path = library.string();
    if (path.find_first_of(":;") != std::string::npos) {
        throw failure{path + ": the loader finds no library whose path has a colon or semicolon"};
    }
    if (path.find(' ') == std::string::npos) {
        return prepend("LD_PRELOAD", path);
    }
    prepend("LD_LIBRARY_PATH", library.parent_path().string());
    prepend("LD_PRELOAD", library.filename().string());
}

void become(const std::filesystem::path& program, const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& each : command) {
        arguments.push_back(const_cast<char*>(each.c_str()));
    }
    arguments.push_back(nullptr);
    execvp(program.c_str(), arguments.data());
}

failure cannot_run(const std::filesystem::path& program, int error) {
    return failure{program.string() + ": cannot be run: " + std::strerror(error),
                   exit_status::cannot_run};
}

}  // namespace strata::tool
