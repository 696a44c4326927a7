// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/check/recorded_program.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <strata/detail/text.hpp>

#include "tool/failure.hpp"
#include "tool/preloading.hpp"
#include "tool/unending.hpp"

namespace strata::tool::check {
namespace {

namespace fs = std::filesystem;

std::string new_folder() {
    std::string path = (fs::temp_directory_path() / "strata-check.XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) {
        throw failure{path + ": cannot be made: " + std::strerror(errno)};
    }
    return path;
}

// The status, as `waitpid` tells it.
int run_itself(const std::vector<std::string>& arguments, bool quiet) {
    const fs::path itself = fs::read_symlink("/proc/self/exe");
    const unending here;
    const pid_t child = fork();
    if (child == 0) {
        here.restore();
        if (quiet) {
            (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        }
        become(itself, arguments);
        _exit(static_cast<int>(exit_status::wrong));
    }
    int status = 0;
    if (child < 0) {
        throw failure{std::string{"no process for the program: "} + std::strerror(errno)};
    }
    unending::pass_on_to(child);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    unending::pass_on_to(0);
    return status;
}

}  // namespace

recorded_program::recorded_program(const std::vector<std::string>& command, bool quiet)
    : folder_{new_folder()} {
    std::vector<std::string> arguments{"strata", "record", "-o", trace(), "--"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const int status = run_itself(arguments, quiet);
    if (status == 0 && fs::exists(trace())) {
        return;
    }
    // What could not be packed is kept there, as `strata record` has said.
    const bool is_kept =
        WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(exit_status::wrong);
    std::error_code ignored;
    if (!is_kept || fs::is_empty(folder_, ignored)) {
        fs::remove_all(folder_, ignored);
    }
    throw failure{command.front() + ": " +
                  (WIFSIGNALED(status)
                       ? "ended by signal " + detail::decimal(WTERMSIG(status))
                       : "ended with status " + detail::decimal(WEXITSTATUS(status))) +
                  (status == 0 ? ", and nothing was recorded" : "") + ": nothing was checked"};
}

recorded_program::~recorded_program() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace strata::tool::check
