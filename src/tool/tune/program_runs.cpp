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
#include <map>
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

constexpr std::size_t most_turns = 5;  // in a round, whose result is the quickest of them
constexpr std::size_t most_rounds_of_all = 3;
constexpr std::size_t least_rounds_of_all = 2;
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

[[noreturn]] void throw_of_heap(const std::vector<std::string>& command,
                                const std::string& problem) {
    throw failure{command.front() + ": " + problem +
                  ", on the heap; expected a program that ends with status 0, and within the "
                  "budget"};
}

// What disturbs a run only makes it slower, and may do so for many runs in a row: which pages of the
// machine's memory a process gets depends on who had them before. So of several runs in random order
// the quickest counts.
class all_runs {
public:
    all_runs(const trial_settings& asked, const std::vector<replay::contender>& contenders,
             std::mt19937& dice, const std::function<void(const std::string&)>& show)
        : asked_{asked},
          dice_{dice},
          show_{show} {
        made_.by.push_back(asked.by);
        runs().plays.head.most_bytes = asked.most_live;
        for (const replay::contender& each : contenders) {
            runs().all.push_back({.who = each, .rounds = {}, .watched = {}});
        }
        runs().all.push_back({.who = replay::nobody(), .rounds = {}, .watched = {}});
        left_.resize(contenders.size() - 1);
        std::iota(left_.begin(), left_.end(), 1);
    }

    [[nodiscard]] race play() {
        limit_by(time_of(play_once(0)));
        bool are_all_left = true;
        while (made_.rounds != most_rounds && (made_.rounds < least_rounds || !is_past(1)) &&
               !left_.empty()) {
            if (are_all_left && (made_.rounds == most_rounds_of_all ||
                                 (made_.rounds >= least_rounds_of_all && is_past(0.5)))) {
                keep_best();
                are_all_left = false;
            }
            play_round();
        }
        return std::move(made_);
    }

    [[nodiscard]] std::size_t turns() const { return turns_; }

private:
    [[nodiscard]] replay::results& runs() { return made_.by_course.front(); }
    [[nodiscard]] bool is_past(double part) const {
        return std::chrono::steady_clock::now() - first_ > part * asked_.time;
    }

    void play_round() {
        std::vector<std::size_t> order{left_};
        order.push_back(0);
        std::map<std::size_t, replay::outcome> quickest;
        for (std::size_t turn = 0; turn != turns_; ++turn) {
            std::ranges::shuffle(order, dice_);
            for (const std::size_t at : order) {
                replay::outcome got = play_once(at);
                const auto [best, is_first] = quickest.try_emplace(at, got);
                if (!is_first && (!got.problem.empty() || time_of(got) < time_of(best->second))) {
                    best->second = std::move(got);
                }
            }
            std::erase_if(order, [&](std::size_t at) { return !quickest.at(at).problem.empty(); });
        }
        for (auto& [at, best] : quickest) {
            runs().all[at].rounds.push_back(std::move(best));
        }
        runs().all.back().rounds.push_back({.figures = {{"nanoseconds", 0}}, .problem = {}});
        ++made_.rounds;
        std::erase_if(left_, [&](std::size_t at) { return !runs().all[at].problem().empty(); });
    }

    [[nodiscard]] replay::outcome play_once(std::size_t at) {
        const replay::contender& who = runs().all[at].who;
        show_("runs the program on " + who.name);
        replay::outcome got = run_program(asked_.command, who, most_);
        if (at == 0 && !got.problem.empty()) {
            throw_of_heap(asked_.command, got.problem);
        }
        return got;
    }

    // A program that takes long has fewer turns in a round, and is tried on fewer strategies: the
    // first of them are the best so far.
    void limit_by(double heap_nanoseconds) {
        const seconds heap = std::chrono::duration<double, std::nano>{heap_nanoseconds};
        most_ = std::max(least_limit, most_slowdown * heap);
        const auto possible = [&](std::size_t runs, double time) {
            return static_cast<std::size_t>(
                std::min(time * asked_.time / (static_cast<double>(runs) * heap), 1e6));
        };
        turns_ = std::clamp<std::size_t>(possible(least_rounds * (kept_after + 1), 1), 1, most_turns);
        // and the heap
        const std::size_t kept =
            std::max(kept_after + 1, possible(least_rounds_of_all * turns_, 0.5)) - 1;
        if (kept < left_.size()) {
            auto& all = runs().all;
            all.erase(all.begin() + 1 + static_cast<std::ptrdiff_t>(kept), all.end() - 1);
            left_.resize(kept);
        }
    }

    void keep_best() {
        std::vector<standing> best = made_.standings();
        best.resize(std::min(best.size(), kept_after));
        std::erase_if(left_, [&](std::size_t at) {
            return std::ranges::none_of(best, [&](const standing& each) {
                return each.who.name == runs().all[at].who.name;
            });
        });
    }

    static double time_of(const replay::outcome& one) {
        return static_cast<double>(one.of("nanoseconds").value());
    }

    const trial_settings& asked_;
    std::mt19937& dice_;
    const std::function<void(const std::string&)>& show_;
    const std::chrono::steady_clock::time_point first_ = std::chrono::steady_clock::now();
    seconds most_ = asked_.time;  // for one run
    std::size_t turns_ = 1;
    race made_{.by_course = std::vector<replay::results>(1), .by = {}, .rounds = 0};
    std::vector<std::size_t> left_;  // of the strategies
};

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
    all_runs all{asked, contenders, dice, show};
    race runs = all.play();
    return {.command = asked.command, .runs = std::move(runs), .turns = all.turns()};
}

}  // namespace strata::tool::tune
