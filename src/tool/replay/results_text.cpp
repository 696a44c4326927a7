// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/replay/results.hpp"
#include "tool/table.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::replay {
namespace {

constexpr const char* unknown = "-";

std::string bytes(double count) {
    return count < 0 ? format_bytes(0) : format_bytes(static_cast<std::int64_t>(count));
}

std::string duration(double nanoseconds) {
    constexpr std::array units{" ns", " us", " ms", " s"};
    std::size_t unit = 0;
    for (; nanoseconds >= 9999.5 && unit + 1 != units.size(); nanoseconds /= 1000) {
        ++unit;
    }
    return detail::decimal(nanoseconds, unit == 0 ? 0 : 1) + units[unit];
}

std::string plain(double number) {
    return trace::grouped(static_cast<std::uint64_t>(std::max(number, 0.0)));
}

// What is written of a block.
std::string touched(touch what) {
    switch (what) {
        case touch::none:
            return "nothing of a block is written";
        case touch::first:
            return "the first byte of each block is written";
        case touch::line:
            return "a byte of each cache line of a block is written";
        case touch::all:
            return "each byte of a block is written";
    }
    return {};
}

std::string time_of(const results& of, const result& one) {
    const std::vector<double> times = of.times(one);
    return times.empty() ? unknown : duration(median_of(times));
}

std::string ratio_of(const results& of, const result& one) {
    const auto got = of.to_glibc(one);
    if (!got) {
        return unknown;
    }
    // The base has no spread.
    std::string text = detail::decimal(got->median, 2);
    return &one == &of.all.front() ? text.append(7, ' ')
                                   : text.append(" ± ").append(detail::decimal(got->spread, 2));
}

template <class Text>
std::string known(const std::optional<double>& value, const Text& text) {
    return value ? text(*value) : unknown;
}

std::optional<double> watched(const result& of, std::string_view figure) {
    const auto value = of.watched.of(figure);
    return value && *value >= 0 ? std::optional{static_cast<double>(*value)} : std::nullopt;
}

std::string difference(const std::optional<double>& of, const std::optional<double>& to) {
    return of && to ? bytes(*of - *to) : unknown;
}

void print_costs(std::ostream& to, const results& of) {
    table rows{{"", "time", "of glibc's", "instructions", "resident", "in blocks", "beside them"},
               1};
    for (const result& each : of.all) {
        if (&each == &of.all.back() || !each.problem().empty()) {
            continue;
        }
        const auto resident = results::median(each, "resident");
        const auto usable = watched(each, "usable");
        const auto live = watched(each, "live");
        rows.add({each.who.name, time_of(of, each), ratio_of(of, each),
                  known(results::median(each, "instructions"), plain), known(resident, bytes),
                  difference(usable, live), difference(resident, usable)});
    }
    to << rows;
}

void print_calls(std::ostream& to, const results& of) {
    table rows{{"a call takes at most", "p50", "p99", "p99.9", "p99.99", "all",
                "last layer's calls", "its peak"},
               1};
    for (const result& each : of.all) {
        if (&each == &of.all.back() || !each.problem().empty()) {
            continue;
        }
        const auto time = [&](std::string_view figure) {
            return known(watched(each, figure), duration);
        };
        rows.add({each.who.name, time("p50"), time("p99"), time("p99.9"), time("p99.99"),
                  time("worst"), known(watched(each, "upstream_calls"), plain),
                  known(watched(each, "upstream_peak"), bytes)});
    }
    to << rows;
}

void print_notes(std::ostream& to, const results& of) {
    const result& glibc = of.all.front();
    to << "\nThe driver's own "
       << duration(results::median(of.all.back(), "nanoseconds").value_or(0))
       << " are left out of the times. The most that an allocator can save against glibc: "
       << time_of(of, glibc) << " of time";
    if (const auto resident = results::median(glibc, "resident")) {
        to << ", " << bytes(*resident - static_cast<double>(of.plays.head.most_bytes))
           << " of memory";
    }
    to << ".\n";
    if (of.plays.left_out != 0) {
        to << trace::many(of.plays.left_out, "event")
           << " of the trace cannot be repeated: refusals, and what was not recorded.\n";
    }
    for (const result& each : of.all) {
        if (!each.problem().empty()) {
            to << each.who.name << ": " << detail::printable(each.problem()) << '\n';
        } else if (const auto refused = each.watched.of("refused"); refused.value_or(0) != 0) {
            to << each.who.name << ": refused " << trace::many(*refused, "allocation")
               << ", so its figures are of less work\n";
        }
    }
}

}  // namespace

void print_text(std::ostream& to, const results& of) {
    const std::string program =
        detail::printable(std::filesystem::path{of.of.program}.filename().string());
    to << program << ", process " << of.of.process << ": " << trace::many(of.plays.steps, "call")
       << " in " << trace::many(of.plays.head.threads, "thread") << ", at most "
       << bytes(static_cast<double>(of.plays.head.most_bytes)) << " live\n"
       << trace::many(of.all.front().rounds.size(), "round") << ", each play in a fresh process, "
       << (of.asked.aged ? "on a littered heap" : "on a fresh heap") << "; "
       << touched(of.asked.touches);
    if (of.asked.work != 0) {
        to << ", and " << trace::many(of.asked.work, "other line") << " read between two calls";
    }
    if (of.asked.pause != 0) {
        to << "; a pause of " << trace::many(of.asked.pause, "turn") << " between two calls";
    }
    to << "\n\n";
    print_costs(to, of);
    to << '\n';
    print_calls(to, of);
    print_notes(to, of);
}

}  // namespace strata::tool::replay
