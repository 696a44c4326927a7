// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/byte_size.hpp"
#include "tool/commands.hpp"
#include "tool/executable.hpp"
#include "tool/failure.hpp"
#include "tool/preloading.hpp"
#include "tool/record/environment.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/packing.hpp"
#include "tool/trace/tell_left_out.hpp"
#include "tool/trace/trace_summary.hpp"
#include "tool/unending.hpp"
#include "trace/live_format.hpp"

namespace strata::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_calls = 256;  // of a stack, see call_stack::most_frames

struct record_request {
    std::string output;
    bool children = false;
    bool force = false;
    bool has_stacks = false;
    std::size_t stack_depth = 0;        // 0: all, if there are stacks
    std::uint64_t sample_distance = 0;  // 0: everything is recorded
    std::vector<std::string> command;
};

/// A folder beside the trace, for the live traces of all processes. It is removed at the end,
/// unless it is to be kept.
class live_folder {
public:
    explicit live_folder(const std::string& output) : path_{output + ".XXXXXX"} {
        if (mkdtemp(path_.data()) == nullptr) {
            throw failure{output + ": cannot be written: " + std::strerror(errno)};
        }
        path_ = fs::absolute(path_).string();
    }
    live_folder(const live_folder&) = delete;
    live_folder& operator=(const live_folder&) = delete;
    ~live_folder() {
        std::error_code ignored;
        if (!is_kept_) {
            fs::remove_all(path_, ignored);
        }
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    void keep() noexcept { is_kept_ = true; }

private:
    std::string path_;
    bool is_kept_ = false;
};

struct ended {
    pid_t process;
    int status;
};

void become_recorded(const fs::path& program, const record_request& asked, const fs::path& library,
                     const std::string& folder) {
    preload(library);
    set_variable(record_folder_variable, folder);
    if (asked.has_stacks || asked.stack_depth != 0) {
        set_variable(record_stacks_variable,
                     detail::decimal(asked.stack_depth == 0 ? most_calls : asked.stack_depth));
    } else {
        (void)unsetenv(record_stacks_variable);
    }
    if (asked.sample_distance != 0) {
        set_variable(record_sample_variable, detail::decimal(asked.sample_distance));
    } else {
        (void)unsetenv(record_sample_variable);
    }
    if (asked.children) {
        (void)unsetenv(record_process_variable);
    } else {
        set_variable(record_process_variable, detail::decimal(getpid()));
    }
    become(program, asked.command);
}

ended run_recorded(const fs::path& program, const record_request& asked, const unending& here,
                   const std::string& folder) {
    const fs::path library = find_companion("libstrata_record.so");
    int to_parent[2];
    if (pipe2(to_parent, O_CLOEXEC) != 0) {
        throw failure{std::string{"a pipe cannot be made: "} + std::strerror(errno)};
    }
    const pid_t child = fork();
    if (child == 0) {
        here.restore();
        try {
            become_recorded(program, asked, library, folder);
        } catch (const std::exception& why) {
            std::cerr << "strata: " << why.what() << std::endl;
            _exit(static_cast<int>(exit_status::wrong));
        }
        const int error = errno;
        (void)!write(to_parent[1], &error, sizeof error);
        _exit(static_cast<int>(exit_status::cannot_run));
    }
    const int fork_error = errno;
    unending::pass_on_to(child);
    (void)close(to_parent[1]);
    int error = child < 0 ? fork_error : 0;
    if (child > 0) {
        (void)!read(to_parent[0], &error, sizeof error);
    }
    (void)close(to_parent[0]);
    ended end{child, 0};
    while (child > 0 && waitpid(child, &end.status, 0) < 0 && errno == EINTR) {
    }
    unending::pass_on_to(0);
    if (error != 0) {
        throw cannot_run(program, error);
    }
    return end;
}

// --- what was recorded --------------------------------------------------------------------------

struct live_trace_file {
    fs::path path;
    pid_t process;
    int number;  // counts the programs that the process became
};

std::vector<live_trace_file> traces_in(const std::string& folder) {
    std::vector<live_trace_file> found;
    for (const fs::directory_entry& each : fs::directory_iterator{folder}) {
        const std::string name = each.path().filename().string();
        found.push_back({each.path(), std::atoi(name.c_str()),
                         std::atoi(name.substr(name.find('.') + 1).c_str())});
    }
    std::ranges::sort(found, {}, [](const live_trace_file& of) {
        return std::pair{of.process, of.number};
    });
    return found;
}

std::string name_for(const live_trace_file& of, bool is_last, pid_t program,
                     const std::string& output) {
    if (is_last && of.process == program) {
        return output;
    }
    return output + "." + detail::decimal(of.process) +
           (is_last ? "" : "." + detail::decimal(of.number));
}

void tell(const trace::trace_info& of, const trace::trace_summary& sums,
          const trace::packed_trace& packed, const std::string& name) {
    const double seconds = static_cast<double>(sums.microseconds) / 1e6;
    const double each = static_cast<double>(packed.bytes) /
                        static_cast<double>(std::max<std::uint64_t>(packed.events, 1));
    const char* const about = of.sample_distance == 0 ? "" : "about ";
    std::cerr << "strata: " << name << ": "
              << detail::printable(fs::path{of.program}.filename().string()) << ", process "
              << of.process << ": " << packed.events << " events in " << detail::decimal(seconds, 2)
              << " s, " << detail::decimal(each, 2)
              << " bytes an event; live at the peak: " << about
              << format_bytes(static_cast<std::int64_t>(sums.peak.bytes)) << " in " << about
              << sums.peak.blocks << " blocks\n";
    trace::tell_missing(packed, std::cerr, "strata: ");
}

// The end of a live trace may be missing, if the program was killed or goes on.
void pack(const live_trace_file& live, const std::string& to) {
    const auto source = trace::open_trace(live.path.string(), trace::on_damage::salvage);
    trace::trace_summary sums{source->info().sample_distance};
    const trace::packed_trace packed = trace::pack_to(to, *source, &sums);
    trace::tell_left_out(source->left_out());
    tell(source->info(), sums, packed, to);
}

// FILE is what the program that was asked for became last: a script becomes its shell. With
// children, the others are packed too, with their process in the name.
void pack_each(const std::vector<live_trace_file>& all, pid_t program, const record_request& asked,
               const std::string& output, std::string& problems) {
    bool is_program_there = false;
    for (std::size_t i = 0; i != all.size(); ++i) {
        const bool is_last = i + 1 == all.size() || all[i + 1].process != all[i].process;
        is_program_there = is_program_there || all[i].process == program;
        if (!is_last && !asked.children) {
            continue;
        }
        try {
            pack(all[i], name_for(all[i], is_last, program, output));
        } catch (const std::exception& why) {
            problems += std::string{why.what()} + "; ";
        }
    }
    if (!is_program_there) {
        std::cerr << "strata: nothing was recorded of the program: it has a malloc of its own, or "
                     "its loader preloads nothing\n";
    }
}

void pack_all(live_folder& from, pid_t program, const record_request& asked,
              const std::string& output) {
    std::string problems;
    try {
        pack_each(traces_in(from.path()), program, asked, output, problems);
    } catch (const std::exception& why) {
        problems += std::string{why.what()} + "; ";
    }
    if (!problems.empty()) {
        from.keep();
        throw failure{problems + "what was recorded is kept in " + from.path() +
                      ", for `strata pack`"};
    }
}

// Ends as the program did: with its status, or by its signal.
[[noreturn]] void end_as(int status) {
    if (WIFSIGNALED(status)) {
        const rlimit no_core{0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)std::signal(WTERMSIG(status), SIG_DFL);
        (void)std::raise(WTERMSIG(status));
        std::exit(128 + WTERMSIG(status));  // as shells tell it: no signal ends process 1
    }
    std::exit(WEXITSTATUS(status));
}

// Returns the program's status, as `waitpid` tells it.
int run_and_pack(const fs::path& program, const record_request& asked, const std::string& output) {
    const unending here;
    live_folder live{output};
    const ended end = run_recorded(program, asked, here, live.path());
    pack_all(live, end.process, asked, output);
    return end.status;
}

void record(const record_request& asked) {
    const fs::path program = find_executable(asked.command.front());
    require_preloadable(program);
    const std::string output =
        asked.output.empty() ? program.filename().string() + ".trace" : asked.output;
    if (!asked.force && fs::exists(output)) {
        throw failure{output + ": exists; --force writes over it, -o names another file"};
    }
    end_as(run_and_pack(program, asked, output));
}

}  // namespace

void add_record(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "record", "Runs a program, unchanged, and records each of its allocations to a trace");
    const auto asked = std::make_shared<record_request>();
    command
        .add_option("-o,--output", asked->output,
                    "The trace; PROGRAM.trace in this folder if not given")
        ->type_name("FILE");
    command.add_flag("--children", asked->children,
                     "Record the program's children too, each to FILE.PROCESS");
    command.add_flag("--stacks", asked->has_stacks,
                     "Record where the program allocates, too: its call stacks");
    command
        .add_option("--stack-depth", asked->stack_depth,
                    "The same, but only the innermost N calls of each")
        ->check(CLI::Range(std::size_t{1}, most_calls))
        ->type_name("N");
    command
        .add_option("--sample", asked->sample_distance,
                    "Record only a sample: about one allocation for each BYTES allocated")
        ->transform(byte_size(1, live_trace::most_sample_distance))
        ->type_name("BYTES");
    command.add_flag("--force", asked->force, "Write over a file that exists");
    command.add_option("program", asked->command, "The program and its arguments, after --")
        ->required()
        ->type_name("PROGRAM [ARGUMENT...]");
    command.positionals_at_end();
    command.footer(
        "The exit status is the program's. Strata's own: 125 for a wrong use, 126 for a program\n"
        "that cannot be run, 127 for one that is not there.\n"
        "\n"
        "Examples:\n"
        "  strata record -- ./app\n"
        "  strata record --sample 512KiB --stacks -- ./app\n"
        "  strata record -o build.trace --children -- g++ -c app.cpp");
    command.callback([asked] { record(*asked); });
}

}  // namespace strata::tool
