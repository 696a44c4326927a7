// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/trial.hpp"

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
#include <numeric>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/executable.hpp"
#include "tool/failure.hpp"
#include "tool/preload/environment.hpp"
#include "tool/preloading.hpp"
#include "tool/replay/outcome.hpp"

namespace strata::tool::tune {
namespace {

constexpr std::size_t rounds_of_all = 3;
constexpr std::size_t kept_after = 3;
constexpr std::size_t least_rounds = 5;
constexpr std::size_t most_rounds = 25;
constexpr double most_slowdown = 10;

using seconds = std::chrono::duration<double>;

constexpr seconds least_limit{1};  // a short run may wait for a processor for longer than it takes

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

// The heap, at 0, and the best of the others.
void keep_best(std::vector<std::size_t>& order, const race& until_now) {
    std::vector<standing> best = until_now.standings();
    best.resize(std::min(best.size(), kept_after));
    std::erase_if(order, [&](std::size_t at) {
        const std::string& name = until_now.by_course.front().all[at].who.name;
        return at != 0 && std::ranges::none_of(best, [&](const standing& each) {
                   return each.problem.empty() && each.who.name == name;
               });
    });
}

}  // namespace

void require_success(const std::vector<std::string>& command, seconds most_time) {
    require_preloadable(find_executable(command.front()));
    (void)find_companion("libstrata_malloc.so");
    const std::string problem =
        run_program(command, replay::system_malloc(false), most_time).problem;
    if (!problem.empty()) {
        throw failure{command.front() + ": " + problem +
                      ", on the heap; expected a program that ends with status 0, and within the "
                      "budget"};
    }
}

race run_trial(const trial_settings& asked, const std::vector<replay::contender>& contenders,
               std::mt19937& dice, const std::function<void(const std::string&)>& show) {
    race made;
    made.by.push_back(asked.by);
    replay::results& runs = made.by_course.emplace_back();
    runs.plays.head.most_bytes = asked.most_live;
    for (const replay::contender& each : contenders) {
        runs.all.push_back({.who = each, .rounds = {}, .watched = {}});
    }
    runs.all.push_back({.who = replay::nobody(), .rounds = {}, .watched = {}});
    std::vector<std::size_t> order(contenders.size());
    std::iota(order.begin(), order.end(), 0);
    const auto first = std::chrono::steady_clock::now();
    const auto is_past = [&](double part) {
        return std::chrono::steady_clock::now() - first > part * asked.time;
    };
    seconds most = asked.time;
    bool are_all_left = true;
    for (; made.rounds != most_rounds && (made.rounds < least_rounds || !is_past(1));
         ++made.rounds) {
        if (are_all_left && (made.rounds == rounds_of_all || (made.rounds == 2 && is_past(0.5)))) {
            keep_best(order, made);
            are_all_left = false;
        }
        if (made.rounds != 0) {
            std::ranges::shuffle(order, dice);
        }
        for (const std::size_t at : order) {
            replay::result& one = runs.all[at];
            if (!one.problem().empty()) {
                continue;
            }
            show("runs the program on " + one.who.name);
            one.rounds.push_back(run_program(asked.command, one.who, most));
            if (made.rounds == 0 && at == 0) {
                const std::chrono::nanoseconds took{*one.rounds.front().of("nanoseconds")};
                most = std::max(least_limit, most_slowdown * seconds{took});
            }
        }
        runs.all.back().rounds.push_back({.figures = {{"nanoseconds", 0}}, .problem = {}});
    }
    return made;
}

}  // namespace strata::tool::tune
