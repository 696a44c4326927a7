// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/table.hpp"
#include "tool/trace/words.hpp"
#include "tool/tune/advice.hpp"

namespace strata::tool::tune {
namespace {

constexpr std::size_t most_losers = 10;
constexpr std::size_t most_not_raced = 3;

std::string ratio_text(const replay::ratio& of) {
    std::string text = detail::decimal(of.median, 2);
    return text.append(" ± ").append(detail::decimal(of.spread, 2));
}

std::string command_of(const trial& of) {
    std::string text;
    for (const std::string& each : of.command) {
        text.append(text.empty() ? "" : " ").append(each);
    }
    return detail::printable(text);
}

// How long it took, and which strategies it did not get along with.
void print_trial(std::ostream& to, const trial& of) {
    const double seconds = replay::results::median(of.heap(), "nanoseconds").value_or(0) / 1e9;
    to << "The program: " << command_of(of) << ", " << detail::decimal(seconds, 3)
       << " s on the heap, " << trace::many(of.runs.rounds, "round") << ", each the quickest of "
       << trace::many(of.runs_a_round, "run") << '\n';
    for (const standing& each : of.runs.standings()) {
        if (!each.problem.empty()) {
            to << "  on " << each.who.name << " it " << each.problem << '\n';
        }
    }
}

struct column {
    std::string head;
    std::string of_heap;
    std::function<std::string(const standing&)> of;
};

column column_of_ratios(const std::string& head,
                        const std::function<std::optional<replay::ratio>(const standing&)>& of) {
    return {head, "1.00       ", [of](const standing& each) {
                const auto ratio = of(each);
                return ratio ? ratio_text(*ratio) : "-";
            }};
}

column column_of_bytes(const std::string& head, const std::string& heap,
                       const std::function<std::optional<double>(const std::string&)>& of) {
    const auto text = [of](const std::string& contender) {
        const auto bytes = of(contender);
        return bytes ? format_bytes(static_cast<std::int64_t>(*bytes)) : "-";
    };
    return {head, text(heap), [text](const standing& each) { return text(each.who.name); }};
}

std::vector<column> columns_of(const advice& of) {
    std::vector<column> all;
    for (std::size_t i = 0; i != of.courses.size(); ++i) {
        all.push_back(column_of_ratios(of.courses[i].name, [i](const standing& each) {
            return each.problem.empty() ? std::optional{each.of_heap[i]} : std::nullopt;
        }));
    }
    const std::string& heap = of.heap().who.name;
    if (of.tried) {
        all.push_back(column_of_ratios("the program",
                                       [&](const standing& each) { return of.in_program(each); }));
        all.push_back(column_of_bytes("its peak", heap, [&](const std::string& contender) {
            return of.tried->median(contender, "resident");
        }));
    } else {
        all.push_back(column_of_bytes("resident", heap, [&](const std::string& contender) {
            return of.resident(contender);
        }));
        all.push_back({of.by.is_only(figure::time) ? "saves of the program" : "saves", "-",
                       [&](const standing& each) {
                           const auto saved = of.saved(each);
                           return saved ? part_in_words(*saved) : "-";
                       }});
    }
    return all;
}

void print_race(std::ostream& to, const advice& of) {
    const std::vector<column> columns = columns_of(of);
    table::row heads{""};
    table::row heap{"heap"};
    for (const column& each : columns) {
        heads.push_back(each.head);
        heap.push_back(each.of_heap);
    }
    table rows{heads, 1};
    rows.add(heap);
    std::vector<standing> all = of.standings;
    all.insert(all.end(), of.standard.begin(), of.standard.end());
    for (const standing& each : all) {
        table::row row{each.who.name};
        for (const column& its : columns) {
            row.push_back(its.of(each));
        }
        rows.add(row);
    }
    to << rows;
    for (const standing& each : all) {
        if (!each.problem.empty()) {
            to << each.who.name << ": " << detail::printable(each.problem) << '\n';
        }
    }
    if (of.tried) {
        print_trial(to, *of.tried);
    }
}

void print_losers(std::ostream& to, const advice& of) {
    if (!of.losers.empty()) {
        to << "\nOut before, with the " << of.by.text() << " over the heap's, the worst of all:\n";
    }
    for (std::size_t i = 0; i != std::min(of.losers.size(), most_losers); ++i) {
        const loser& each = of.losers[i];
        to << "  " << each.strategy << ": "
           << (each.problem.empty() ? detail::decimal(each.score, 2)
                                    : detail::printable(each.problem))
           << '\n';
    }
    if (of.losers.size() > most_losers) {
        to << "  and " << of.losers.size() - most_losers << " more\n";
    }
    if (!of.not_raced.empty()) {
        to << "\nNot raced, by what one play took from the source, or for lack of time:\n";
    }
    for (std::size_t i = 0; i != std::min(of.not_raced.size(), most_not_raced); ++i) {
        to << "  " << of.not_raced[i].strategy << ": " << of.not_raced[i].why << '\n';
    }
    if (of.not_raced.size() > most_not_raced) {
        to << "  and " << of.not_raced.size() - most_not_raced << " more (all: --json)\n";
    }
    for (const left_out& each : of.not_tried) {
        to << "Not tried: " << each.strategy << ", since " << each.why << '\n';
    }
}

void print_front(std::ostream& to, const advice& of) {
    table rows{{"", "time", "peak"}, 1};
    for (const time_and_peak& each : of.front) {
        rows.add({each.strategy, detail::decimal(each.time, 2), detail::decimal(each.peak, 2)});
    }
    to << "\nNone is faster and smaller than one of these; over the heap's, in the first races:\n"
       << rows;
}

void print_lines(std::ostream& to, const advice& of, const std::string& strategy) {
    const lines_to_paste paste = lines_for(strategy, cpp_of(strategy), of.is_of_resources);
    table lines{{"  strategy", strategy}};
    lines.add({"  C++", paste.cpp});
    if (!paste.command.empty()) {
        lines.add({"  to try it", paste.command});
    }
    lines.add({"  environment", paste.variable + ", with " + paste.from_variable});
    to << '\n' << lines;
}

}  // namespace

std::string title_of(const std::string& minimised) {
    return minimised == "time"    ? "Time of the calls"
           : minimised == "peak"  ? "Resident memory"
           : minimised == "waste" ? "Resident memory that the program did not ask for,"
           : minimised == "worst-call"
               ? "The time that one call in 10,000 exceeds,"
               : std::string{"Weighted sum ("}.append(minimised).append(")");
}

lines_to_paste lines_for(const std::string& strategy, const std::string& made,
                         bool is_of_resources) {
    lines_to_paste all{.cpp = "STRATA_GLOBAL_RESOURCE(" + made + ");",
                       .command = "strata run --strategy \"" + strategy + "\" -- PROGRAM",
                       .variable = "APP_MEMORY='" + strategy + "'",
                       .from_variable = "strata::strategy::from_env(\"APP_MEMORY\", \"heap\")"};
    if (is_of_resources) {
        all.cpp = "auto memory = " + made + ";";
        all.command.clear();
    }
    return all;
}

void print_text(std::ostream& to, const advice& of, bool with_front) {
    for (const played_trace& each : of.traces) {
        const std::filesystem::path program{each.program};
        to << detail::printable(program.filename().string()) << ": "
           << trace::many(each.calls, "call") << " in " << trace::many(each.threads, "thread")
           << ", at most " << format_bytes(static_cast<std::int64_t>(each.most_live)) << " live\n";
    }
    to << title_of(of.by.text()) << " over the heap's, " << trace::many(of.last.rounds, "round")
       << "\n\n";
    print_race(to, of);
    print_losers(to, of);
    if (with_front) {
        print_front(to, of);
    }
    const standing* const best = of.winner();
    to << '\n'
       << (best == nullptr ? "Keep the heap" : "Take " + best->who.name) << ": " << of.reason()
       << ".\n";
    if (best != nullptr) {
        print_lines(to, of, best->who.strategy);
    }
}

}  // namespace strata::tool::tune
