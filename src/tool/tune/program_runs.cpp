// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/program_runs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/executable.hpp"
#include "tool/failure.hpp"
#include "tool/preload/environment.hpp"
#include "tool/preloading.hpp"
#include "tool/replay/outcome.hpp"
#include "tool/tune/trial_rounds.hpp"

namespace strata::tool::tune {
namespace {

using seconds = std::chrono::duration<double>;

// In the child. What it says is lost with its output: the status tells. Without the tool nobody
// would wait for it.
[[noreturn]] void become_program(const std::filesystem::path& program,
                                 const std::vector<std::string>& command,
                                 const replay::contender& who) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        (void)dup2(nothing, each);
    }
    try {
        for (const char* const each : {report_variable, json_variable, strategy_variable}) {
            (void)unsetenv(each);
        }
        if (who.is_strategy) {
            preload(find_companion("libstrata_malloc.so"));
            set_variable(strategy_variable, who.strategy);
        }
        become(program, command);
    } catch (const std::exception&) {
    }
    _exit(static_cast<int>(exit_status::cannot_run));
}

std::string ending_of(int status) {
    if (WIFSIGNALED(status)) {
        return std::string{"ended by signal "} + strsignal(WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? ""
                                    : "ended with status " + std::to_string(WEXITSTATUS(status));
}

// Whether the child ended in time. On a system that cannot tell, waiting takes as long as it takes.
bool ends_within(pid_t child, seconds most) {
    const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (descriptor < 0) {
        return true;
    }
    const auto end = std::chrono::steady_clock::now() + most;
    int ready = 0;
    do {
        const std::chrono::duration<double, std::milli> left =
            end - std::chrono::steady_clock::now();
        pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
        ready = poll(&one, 1, static_cast<int>(std::clamp(left.count() + 1, 0.0, 1e9)));
    } while (ready < 0 && errno == EINTR);
    (void)close(descriptor);
    return ready != 0;
}

// The peak that `wait4` tells is at least what the child had before it became the program. After a
// `fork`, that is what this process has written to: a few MiB, since the plan is in a file.
replay::outcome run_program(const std::vector<std::string>& command, const replay::contender& who,
                            seconds most) {
    const std::filesystem::path program = find_executable(command.front());
    const auto first = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        become_program(program, command, who);
    }
    if (child < 0) {
        throw failure{std::string{"no process for the program: "} + std::strerror(errno)};
    }
    const bool is_late = !ends_within(child, most);
    if (is_late) {
        (void)kill(child, SIGKILL);
    }
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - first;
    std::string problem = ending_of(status);
    if (is_late) {
        problem = "has not ended after " + detail::decimal(most.count(), 1) + " s";
    }
    return {.figures = {{"nanoseconds", took.count()},
                        {"resident", std::int64_t{used.ru_maxrss} * 1024}},
            .problem = std::move(problem)};
}

[[noreturn]] void throw_of_heap(const std::vector<std::string>& command,
                                const std::string& problem) {
    throw failure{command.front() + ": " + problem +
                  ", on the heap; expected a program that ends with status 0, and within the "
                  "budget"};
}

}  // namespace

void require_success(const std::vector<std::string>& command, seconds most_time) {
    require_preloadable(find_executable(command.front()));
    (void)find_companion("libstrata_malloc.so");
    const std::string problem =
        run_program(command, replay::system_malloc(false), most_time).problem;
    if (!problem.empty()) {
        throw_of_heap(command, problem);
    }
}

trial run_trial(const trial_settings& asked, const std::vector<replay::contender>& contenders,
                std::mt19937& dice, const std::function<void(const std::string&)>& show) {
    const auto run = [&](const replay::contender& who, seconds most) {
        show("runs the program on " + who.name);
        replay::outcome got = run_program(asked.command, who, most);
        if (!who.is_strategy && !got.problem.empty()) {
            throw_of_heap(asked.command, got.problem);
        }
        return got;
    };
    return play_rounds(asked, contenders, dice, run);
}

}  // namespace strata::tool::tune
