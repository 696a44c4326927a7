// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/outcome.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "tool/executable.hpp"
#include "tool/failure.hpp"
#include "tool/preload/environment.hpp"
#include "tool/preloading.hpp"

namespace strata::tool::replay {
namespace {

/// A temporary file without a name, for what a child writes.
class answer_file {
public:
    answer_file() : file_{std::tmpfile()} {
        if (file_ == nullptr) {
            throw failure{std::string{"a temporary file: cannot be made: "} + std::strerror(errno)};
        }
    }
    answer_file(const answer_file&) = delete;
    answer_file& operator=(const answer_file&) = delete;
    ~answer_file() { (void)std::fclose(file_); }

    [[nodiscard]] int descriptor() const noexcept { return fileno(file_); }
    [[nodiscard]] std::string text() const {
        std::string all;
        std::array<char, 4096> part{};
        for (ssize_t got = 0; (got = pread(descriptor(), part.data(), part.size(),
                                           static_cast<off_t>(all.size()))) > 0;) {
            all.append(part.data(), static_cast<std::size_t>(got));
        }
        return all;
    }

private:
    std::FILE* file_;
};

std::string path_of(int descriptor) {
    return "/dev/fd/" + std::to_string(descriptor);
}

std::vector<std::string> arguments_for(const std::filesystem::path& driver, const plan& plays,
                                       const contender& who, const settings& asked) {
    const auto number = [](auto value) {
        return std::to_string(static_cast<std::uint64_t>(value));
    };
    return {driver.string(),    number(fileno(plays.file.get())),
            number(who.by),     number(asked.touches),
            number(asked.work), number(asked.pause),
            number(asked.aged), number(asked.watches),
            who.strategy};
}

// In the child.
[[noreturn]] void become_driver(const std::vector<std::string>& arguments, const contender& who,
                                int plan, int out, int err, int stats) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        // What the caller preloads would stand in for glibc.
        for (const char* const each :
             {"LD_PRELOAD", report_variable, json_variable, strategy_variable}) {
            (void)unsetenv(each);
        }
        for (const std::filesystem::path& each : who.preloads) {
            preload(each);
        }
        if (who.is_strategy && who.by == server::malloc_family) {
            set_variable(strategy_variable, who.strategy);
            set_variable(json_variable, path_of(stats));
        }
        for (const int each : {plan, stats}) {
            (void)fcntl(each, F_SETFD, 0);
        }
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(err, STDERR_FILENO);
        become(arguments.front(), arguments);
        std::fprintf(stderr, "%s: %s\n", arguments.front().c_str(), std::strerror(errno));
    } catch (const std::exception& why) {
        std::fprintf(stderr, "%s\n", why.what());
    }
    _exit(status_failed);
}

std::string problem_of(int status, const std::string& said) {
    const std::string first = said.substr(0, said.find('\n'));
    if (WIFSIGNALED(status)) {
        return "ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
               strsignal(WTERMSIG(status)) + ")" + (first.empty() ? "" : ": " + first);
    }
    return WEXITSTATUS(status) == 0 ? std::string{}
           : first.empty()          ? "ended with status " + std::to_string(WEXITSTATUS(status))
                                    : first;
}

void take_stats(const std::string& text, outcome& to) {
    const auto of = nlohmann::json::parse(text, nullptr, false);
    if (of.is_discarded() || !of.contains("stats")) {
        return;
    }
    to.figures["upstream_calls"] = of["stats"].value("allocations", std::int64_t{0});
    to.figures["upstream_peak"] = of["stats"].value("peak_bytes", std::int64_t{0});
    to.figures["upstream_bytes"] = of["stats"].value("allocated_bytes", std::int64_t{0});
}

}  // namespace

outcome play_once(const plan& plays, const contender& who, const settings& asked) {
    contender counted = who;
    if ((asked.watches || asked.counts) && who.is_strategy) {
        const std::string text = counted_at_the_bottom(who.strategy);
        counted.strategy = text.empty() ? who.strategy : text;
    }
    const std::vector<std::string> arguments =
        arguments_for(find_companion("strata_replay"), plays, counted, asked);
    const answer_file out;
    const answer_file err;
    const answer_file stats;
    const pid_t child = fork();
    if (child == 0) {
        become_driver(arguments, counted, fileno(plays.file.get()), out.descriptor(),
                      err.descriptor(), stats.descriptor());
    }
    if (child < 0) {
        throw failure{std::string{"no process for a replay: "} + std::strerror(errno)};
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    outcome got;
    got.problem = problem_of(status, err.text());
    std::istringstream lines{out.text()};
    std::string name;
    for (std::int64_t value = 0; lines >> name >> value;) {
        got.figures[name] = value;
    }
    take_stats(stats.text(), got);
    // The figures of a `stats` that the strategy has itself, or of the littering too.
    if (counted.strategy == who.strategy || asked.aged) {
        for (const char* const each : {"upstream_calls", "upstream_peak", "upstream_bytes"}) {
            got.figures.erase(each);
        }
    }
    return got;
}

}  // namespace strata::tool::replay
