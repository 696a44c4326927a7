// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_CHILD_HPP
#define STRATA_TESTS_SUPPORT_CHILD_HPP

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "valgrind.hpp"

namespace tests {

/// How a child process ended, and what it wrote to standard error.
struct child {
    int signal = 0;  ///< that killed it; 0: it exited
    int exit_code = 0;
    std::string errors;
};

/// Runs `work` in a forked process, for what ends the program or writes to standard error.
template <class Work>
[[nodiscard]] child run_in_child(Work work) {
    std::array<int, 2> pipe_ends{};
    if (pipe(pipe_ends.data()) != 0) {
        throw std::runtime_error{"no pipe"};
    }
    const pid_t pid = fork();
    if (pid == 0) {
        for (const int signal : {SIGABRT, SIGSEGV, SIGBUS}) {
            std::signal(signal, SIG_DFL);  // Boost.Test would take it for a failure of the test
        }
        dup2(pipe_ends[1], STDERR_FILENO);
        work();
        std::fflush(stderr);
        std::_Exit(EXIT_SUCCESS);
    }
    close(pipe_ends[1]);
    child ended;
    std::array<char, 256> part{};
    for (ssize_t got = 0; (got = read(pipe_ends[0], part.data(), part.size())) > 0;) {
        ended.errors.append(part.data(), static_cast<std::size_t>(got));
    }
    close(pipe_ends[0]);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        throw std::runtime_error{"no child"};
    }
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return ended;
}

}  // namespace tests

#endif
