// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstdint>
#include <filesystem>
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

std::string ratio_text(const replay::ratio& of, objective by) {
    std::string text = detail::decimal(of.median, 2);
    return by == objective::time ? text.append(" ± ").append(detail::decimal(of.spread, 2)) : text;
}

std::string resident_of(const replay::results& in, const std::string& name) {
    const auto found = std::ranges::find(
        in.all, name, [](const replay::result& each) { return each.who.name; });
    const auto resident = replay::results::median(*found, "resident");
    return resident ? format_bytes(static_cast<std::int64_t>(*resident)) : "-";
}

std::string part_of(const std::optional<double>& saved) {
    return saved ? detail::decimal(*saved * 100, 1) + " %" : "-";
}

void print_race(std::ostream& to, const advice& of) {
    std::vector<std::string> heads{""};
    for (const course& each : of.courses) {
        heads.push_back(each.name);
    }
    heads.insert(heads.end(), {"resident", "saves of the program"});
    table rows{heads, 1};
    const replay::results& first = of.last.by_course.front();
    table::row heap{"heap"};
    for (std::size_t i = 0; i != of.courses.size(); ++i) {
        heap.push_back(of.last.by == objective::time ? "1.00       " : "1.00");
    }
    heap.insert(heap.end(), {resident_of(first, first.all.front().who.name), "-"});
    rows.add(heap);
    for (const standing& each : of.standings) {
        table::row row{each.who.name};
        for (const replay::ratio& ratio : each.of_heap) {
            row.push_back(each.problem.empty() ? ratio_text(ratio, of.last.by) : "-");
        }
        row.insert(row.end(), {resident_of(first, each.who.name),
                               part_of(of.saved_of_program(each))});
        rows.add(row);
    }
    to << rows;
}

void print_losers(std::ostream& to, const advice& of) {
    if (!of.losers.empty()) {
        to << "\nOut before, with the " << (of.last.by == objective::time ? "time" : "peak")
           << " over the heap's, the worst of all:\n";
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
    for (const left_out& each : of.not_tried) {
        to << "Not tried: " << each.strategy << ", since " << each.why << '\n';
    }
}

void print_lines(std::ostream& to, const advice& of, const std::string& strategy) {
    const auto cpp = cpp_of(strategy);
    const std::string made = cpp.value_or("strata::strategy::parse(\"" + strategy + "\").build()");
    table lines{{"  strategy", strategy}};
    if (of.is_of_resources) {
        lines.add({"  C++", cpp ? "strata::stack memory" + made.substr(made.find('{')) + ";"
                                : "auto memory = " + made + ";"});
    } else {
        lines.add({"  C++", "STRATA_GLOBAL_RESOURCE(" + made + ");"});
        lines.add({"  to try it", "strata run --strategy \"" + strategy + "\" -- PROGRAM"});
    }
    lines.add({"  environment", "APP_MEMORY='" + strategy +
                                    "', with strata::strategy::from_env(\"APP_MEMORY\", \"heap\")"});
    to << '\n' << lines;
}

}  // namespace

void print_text(std::ostream& to, const advice& of) {
    const std::string program =
        detail::printable(std::filesystem::path{of.program}.filename().string());
    to << program << ": " << trace::many(of.calls, "call") << " in "
       << trace::many(of.threads, "thread") << ", at most "
       << format_bytes(static_cast<std::int64_t>(of.most_live)) << " live\n"
       << (of.last.by == objective::time ? "Time of the calls" : "Resident memory")
       << " over the heap's, " << trace::many(of.last.rounds, "round") << "\n\n";
    print_race(to, of);
    print_losers(to, of);
    const standing* const best = of.winner();
    to << '\n'
       << (best == nullptr ? "Keep the heap" : "Take " + best->who.name) << ": " << of.reason()
       << ".\n";
    if (best != nullptr) {
        print_lines(to, of, best->who.strategy);
    }
}

}  // namespace strata::tool::tune
