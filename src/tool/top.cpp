// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/live_traces.hpp"
#include "tool/table.hpp"
#include "tool/terminal.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/histogram.hpp"
#include "tool/trace/site_groups.hpp"
#include "tool/trace/symbols.hpp"
#include "tool/trace/trace_summary.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool {
namespace {

struct top_request {
    std::string trace;
    std::string process;
    std::size_t rows = 10;
    bool once = false;
    bool json = false;
};

// --- what is live -------------------------------------------------------------------------------

struct group {
    std::string name;
    trace::usage live;
};

/// What is live at the end of a trace, or of as much of it as there is.
struct view {
    trace::trace_info of;
    std::uint64_t events = 0;
    std::uint64_t microseconds = 0;
    trace::usage live;
    std::vector<group> sizes;  ///< by powers of two, the smallest first
    std::vector<group> sites;  ///< these and what follows: the most bytes first
    std::vector<group> resources;
    std::vector<group> threads;
};

std::string power(std::uint64_t number) {
    return number == 0 ? "0 B" : format_bytes(static_cast<std::int64_t>(number));
}

template <class Key, class Name>
std::vector<group> named(const std::map<Key, trace::usage>& all, const Name& name) {
    std::vector<group> groups;
    for (const auto& [key, live] : all) {
        groups.push_back({name(key), live});
    }
    return groups;
}

std::vector<group> largest_first(std::vector<group> all) {
    std::ranges::stable_sort(all, std::greater{}, [](const group& of) { return of.live.bytes; });
    return all;
}

// None if the trace has no call stacks.
std::vector<group> live_sites(const trace::event_source& from, const trace::trace_summary& sums) {
    if (from.sites().empty()) {
        return {};
    }
    trace::call_sites sites = from.sites();
    name_places(sites);
    std::vector<group> groups;
    for (const trace::site_group& each : site_groups(sites, sums.by_site())) {
        if (each.sums.live.blocks != 0) {
            groups.push_back({each.name, each.sums.live});
        }
    }
    return largest_first(std::move(groups));
}

// A trace that is being written may end anywhere.
view view_of(const std::string& path) {
    const auto source = trace::open_trace(path, trace::on_damage::salvage);
    trace::trace_summary sums{source->info().sample_distance};
    for (trace::event each; source->next(each);) {
        sums.add(each);
    }
    std::map<std::size_t, trace::usage> sizes;
    std::map<std::uint32_t, trace::usage> threads;
    sums.for_each_live([&](std::uint64_t size, std::uint32_t thread, const trace::usage& live) {
        sizes[trace::histogram::bucket_of(size)] += live;
        threads[thread] += live;
    });
    view made{.of = source->info(),
              .events = sums.events,
              .microseconds = sums.microseconds,
              .live = sums.live,
              .sizes = named(
                  sizes, [](std::size_t bucket) { return power(trace::histogram::least(bucket)); }),
              .sites = live_sites(*source, sums),
              .resources = {},
              .threads = largest_first(named(threads, [](std::uint32_t number) {
                  return "thread " + detail::decimal(number);
              }))};
    for (const auto& [number, each] : sums.by_resource()) {
        if (each.live.blocks != 0 && number != 0) {
            made.resources.push_back(
                {each.name.empty() ? "number " + detail::decimal(number) : each.name, each.live});
        }
    }
    made.resources = largest_first(std::move(made.resources));
    return made;
}

// --- as text ------------------------------------------------------------------------------------

void print_groups(std::ostream& to, const std::string& title, const std::vector<group>& all,
                  const view& of, std::size_t rows) {
    if (all.empty()) {
        return;
    }
    table shown{{title, "blocks", "bytes", ""}, 1};
    const auto row = [&](const std::string& name, const trace::usage& live) {
        const double part = of.live.bytes == 0 ? 0
                                               : static_cast<double>(live.bytes) /
                                                     static_cast<double>(of.live.bytes);
        shown.add({name, trace::grouped(live.blocks),
                   format_bytes(static_cast<std::int64_t>(live.bytes)), trace::percent(part, 1)});
    };
    trace::usage others;
    for (std::size_t i = 0; i != all.size(); ++i) {
        if (i < rows) {
            row(detail::printable(all[i].name), all[i].live);
        } else {
            others += all[i].live;
        }
    }
    if (all.size() > rows) {
        row(trace::many(all.size() - rows, "other"), others);
    }
    to << '\n' << shown;
}

void print_text(std::ostream& to, const view& of, std::size_t rows) {
    const char* const about = of.of.sample_distance == 0 ? "" : "about ";
    to << detail::printable(std::filesystem::path{of.of.program}.filename().string())
       << ", process " << of.of.process << ": " << about
       << format_bytes(static_cast<std::int64_t>(of.live.bytes)) << " live in " << about
       << trace::many(of.live.blocks, "block") << "; " << trace::many(of.events, "event") << " in "
       << detail::decimal(static_cast<double>(of.microseconds) / 1e6, 3) << " s\n";
    if (of.of.sample_distance != 0) {
        to << trace::sample_of(of.of.sample_distance) << '\n';
    }
    print_groups(to, "sizes, from", of.sizes, of, ~std::size_t{0});
    print_groups(to, "call sites", of.sites, of, rows);
    print_groups(to, "resources", of.resources, of, rows);
    print_groups(to, "allocated by", of.threads, of, rows);
}

// --- as JSON ------------------------------------------------------------------------------------

nlohmann::ordered_json json_of(const std::vector<group>& all) {
    auto rows = nlohmann::ordered_json::array();
    for (const group& each : all) {
        rows.push_back(
            {{"name", each.name}, {"blocks", each.live.blocks}, {"bytes", each.live.bytes}});
    }
    return rows;
}

void print_json(std::ostream& to, const view& of) {
    const nlohmann::ordered_json whole{{"program", of.of.program},
                                       {"process", of.of.process},
                                       {"sample_distance", of.of.sample_distance},
                                       {"events", of.events},
                                       {"microseconds", of.microseconds},
                                       {"blocks", of.live.blocks},
                                       {"bytes", of.live.bytes},
                                       {"sizes", json_of(of.sizes)},
                                       {"sites", json_of(of.sites)},
                                       {"resources", json_of(of.resources)},
                                       {"threads", json_of(of.threads)}};
    to << whole.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

// --- again and again ----------------------------------------------------------------------------

volatile std::sig_atomic_t is_interrupted = 0;

/// The keyboard, key by key, while it lives; as before afterwards, also after Ctrl-C.
class keyboard {
public:
    keyboard() {
        is_there_ = tcgetattr(STDIN_FILENO, &before_) == 0;
        if (is_there_) {
            termios now = before_;
            now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            (void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
        }
        struct sigaction handle {};
        handle.sa_handler = [](int) { is_interrupted = 1; };
        for (const int each : {SIGINT, SIGTERM}) {
            (void)sigaction(each, &handle, nullptr);
        }
    }
    keyboard(const keyboard&) = delete;
    keyboard& operator=(const keyboard&) = delete;
    ~keyboard() {
        if (is_there_) {
            (void)tcsetattr(STDIN_FILENO, TCSANOW, &before_);
        }
    }

    /// Whether the user wants to leave; waits for so long to know.
    [[nodiscard]] bool wants_to_leave(std::chrono::milliseconds within) const {
        pollfd keys{STDIN_FILENO, POLLIN, 0};
        if (is_interrupted != 0) {
            return true;
        }
        if (poll(&keys, is_there_ ? 1 : 0, static_cast<int>(within.count())) <= 0) {
            return is_interrupted != 0;
        }
        char key = 0;
        return read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q';
    }

private:
    termios before_{};
    bool is_there_ = false;
};

bool is_running(const view& of) {
    return !of.of.is_packed && (kill(static_cast<pid_t>(of.of.process), 0) == 0 || errno == EPERM);
}

// Null if the trace is gone: when its program has ended, `strata record` packs and removes it.
std::optional<view> next_view(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return std::nullopt;
    }
    try {
        return view_of(path);
    } catch (const failure&) {
        if (std::filesystem::exists(path, ignored)) {
            throw;
        }
        return std::nullopt;
    }
}

// To read a long trace takes a while: the pauses are as long.
void follow(const std::string& path, const top_request& asked) {
    using clock = std::chrono::steady_clock;
    using std::chrono::milliseconds;
    const keyboard keys;
    std::ostringstream page;
    for (bool is_over = false; !is_over;) {
        const clock::time_point begin = clock::now();
        const std::optional<view> now = next_view(path);
        if (now) {
            page.str("");
            print_text(page, *now, asked.rows);
        }
        is_over = !now || !is_running(*now);
        std::cout << "\x1b[H\x1b[J" << page.str()
                  << (is_over ? "\nThe program has ended.\n" : "\nq: leave\n") << std::flush;
        const auto took = std::chrono::duration_cast<milliseconds>(clock::now() - begin);
        is_over = is_over || keys.wants_to_leave(std::max(took, milliseconds{1000}));
    }
}

void show(const top_request& asked) {
    if (asked.trace.empty() == asked.process.empty()) {
        throw failure{"top: expected a trace, or --live with a process"};
    }
    const std::string path =
        asked.process.empty() ? asked.trace : live_trace_of(asked.process).string();
    const bool is_watched = isatty(STDOUT_FILENO) != 0 && !asked.once && !asked.json && path != "-";
    if (is_watched && !trace::open_trace(path, trace::on_damage::salvage)->info().is_packed) {
        return follow(path, asked);
    }
    const view now = view_of(path);
    if (asked.json) {
        print_json(std::cout, now);
    } else {
        print_text(std::cout, now, asked.rows);
    }
}

}  // namespace

void add_top(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "top",
        "Shows what is live: by size, call site, resource and thread, while the program runs");
    const auto asked = std::make_shared<top_request>();
    command.add_option("trace", asked->trace, "The trace (-: standard input)")->type_name("FILE");
    command
        .add_option("--live", asked->process,
                    "A running program that records itself or is recorded: its number or its name")
        ->type_name("PROCESS");
    command.add_option("--rows", asked->rows, "The most rows of each table but that of sizes")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command.add_flag("--once", asked->once, "Do not show it again each second");
    command.add_flag("--json", asked->json, "Print JSON, once");
    command.footer(
        "On a terminal, a live trace is shown again each second until the program ends or q is\n"
        "pressed. Of a trace that is complete, what is live at its end is shown.\n"
        "\n"
        "Examples:\n"
        "  strata top --live app\n"
        "  strata top app.trace");
    command.callback([asked] { show(*asked); });
}

}  // namespace strata::tool
