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

constexpr std::size_t most_rounds_of_all = 9;
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

// A machine that others use too is fast for a second and slow for the next. So a strategy is
// compared with the runs on the heap just before and after it.
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

private:
    [[nodiscard]] replay::results& runs() { return made_.by_course.front(); }
    [[nodiscard]] bool is_past(double part) const {
        return std::chrono::steady_clock::now() - first_ > part * asked_.time;
    }

    void play_round() {
        replay::outcome heap = play_heap();
        if (made_.rounds == 0) {
            limit_by(time_of(heap));
        }
        std::ranges::shuffle(left_, dice_);
        std::vector<double> heaps{time_of(heap)};
        std::vector<double> slowness;  // of the machine, for each that is left
        for (const std::size_t at : left_) {
            replay::result& one = runs().all[at];
            show_("runs the program on " + one.who.name);
            one.rounds.push_back(run_program(asked_.command, one.who, most_));
            heaps.push_back(time_of(play_heap()));
            slowness.push_back((heaps.back() + heaps[heaps.size() - 2]) / 2);
        }
        const double usual =
            std::reduce(heaps.begin(), heaps.end()) / static_cast<double>(heaps.size());
        for (std::size_t i = 0; i != left_.size(); ++i) {
            replay::outcome& last = runs().all[left_[i]].rounds.back();
            set_time(last, time_of(last) * usual / slowness[i]);
        }
        set_time(heap, usual);
        runs().all.front().rounds.push_back(std::move(heap));
        runs().all.back().rounds.push_back({.figures = {{"nanoseconds", 0}}, .problem = {}});
        ++made_.rounds;
        std::erase_if(left_, [&](std::size_t at) { return !runs().all[at].problem().empty(); });
    }

    [[nodiscard]] replay::outcome play_heap() {
        const replay::contender& heap = runs().all.front().who;
        show_("runs the program on " + heap.name);
        replay::outcome got = run_program(asked_.command, heap, most_);
        if (!got.problem.empty()) {
            throw_of_heap(asked_.command, got.problem);
        }
        return got;
    }

    // Of a program that takes long, fewer strategies are tried: the first of them are the best so
    // far.
    void limit_by(double heap_nanoseconds) {
        const seconds heap = std::chrono::duration<double, std::nano>{heap_nanoseconds};
        most_ = std::max(least_limit, most_slowdown * heap);
        const double possible = asked_.time / 2 / (least_rounds_of_all * 2 * heap);
        const std::size_t kept =
            std::max(kept_after, static_cast<std::size_t>(std::min(possible, 1e6)));
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
    static void set_time(replay::outcome& one, double nanoseconds) {
        one.figures["nanoseconds"] = static_cast<std::int64_t>(nanoseconds);
    }

    const trial_settings& asked_;
    std::mt19937& dice_;
    const std::function<void(const std::string&)>& show_;
    const std::chrono::steady_clock::time_point first_ = std::chrono::steady_clock::now();
    seconds most_ = asked_.time;  // for one run
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
    return {asked.command, all_runs{asked, contenders, dice, show}.play()};
}

}  // namespace strata::tool::tune
