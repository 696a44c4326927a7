// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/trial.hpp"

#include <fcntl.h>
#include <sys/resource.h>
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

// In the child. What it says is lost with its output: the status tells.
[[noreturn]] void become_program(const std::filesystem::path& program,
                                 const std::vector<std::string>& command,
                                 const replay::contender& who) {
    const int nothing = open("/dev/null", O_RDWR);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        (void)dup2(nothing, each);
    }
    try {
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

std::int64_t nanoseconds_since(std::chrono::steady_clock::time_point first) {
    return std::chrono::nanoseconds{std::chrono::steady_clock::now() - first}.count();
}

// The peak that `wait4` tells is at least what the child had before it became the program. After a
// `fork`, that is what this process has written to: a few MiB, since the plan is in a file.
replay::outcome run_program(const std::vector<std::string>& command, const replay::contender& who) {
    const std::filesystem::path program = find_executable(command.front());
    const auto first = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        become_program(program, command, who);
    }
    if (child < 0) {
        throw failure{std::string{"no process for the program: "} + std::strerror(errno)};
    }
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    return {.figures = {{"nanoseconds", nanoseconds_since(first)},
                        {"resident", std::int64_t{used.ru_maxrss} * 1024}},
            .problem = ending_of(status)};
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

void require_success(const std::vector<std::string>& command) {
    const std::string problem = run_program(command, replay::system_malloc(false)).problem;
    if (!problem.empty()) {
        throw failure{command.front() + ": " + problem +
                      " on the heap; its runs are compared only if they end with status 0"};
    }
}

race run_trial(const std::vector<std::string>& command,
               const std::vector<replay::contender>& contenders, const objective& by,
               std::chrono::duration<double> time, std::mt19937& dice,
               const std::function<void(const std::string&)>& show) {
    race made;
    made.by.push_back(by);
    std::vector<replay::result>& all = made.by_course.emplace_back().all;
    for (const replay::contender& each : contenders) {
        all.push_back({.who = each, .rounds = {}, .watched = {}});
    }
    all.push_back({.who = replay::nobody(), .rounds = {}, .watched = {}});
    std::vector<std::size_t> order(contenders.size());
    std::iota(order.begin(), order.end(), 0);
    const auto first = std::chrono::steady_clock::now();
    const auto is_past = [&](double part) {
        return std::chrono::steady_clock::now() - first > part * time;
    };
    bool are_all_left = true;
    for (; made.rounds != most_rounds && (made.rounds < least_rounds || !is_past(1));
         ++made.rounds) {
        if (are_all_left && (made.rounds == rounds_of_all || (made.rounds != 0 && is_past(0.5)))) {
            keep_best(order, made);
            are_all_left = false;
        }
        std::ranges::shuffle(order, dice);
        for (const std::size_t at : order) {
            show("runs the program on " + contenders[at].name);
            all[at].rounds.push_back(run_program(command, contenders[at]));
        }
        all.back().rounds.push_back({.figures = {{"nanoseconds", 0}}, .problem = {}});
    }
    return made;
}

}  // namespace strata::tool::tune
