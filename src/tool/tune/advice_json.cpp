// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <ostream>

#include <nlohmann/json.hpp>

#include "tool/tune/advice.hpp"

namespace strata::tool::tune {
namespace {

using json = nlohmann::ordered_json;

json or_null(const std::optional<double>& value) {
    return value ? json(*value) : json(nullptr);
}

json of_one(const advice& of, const standing& one) {
    json row{{"strategy", one.who.name}};
    if (!one.problem.empty()) {
        row["problem"] = one.problem;
        return row;
    }
    for (std::size_t i = 0; i != of.courses.size(); ++i) {
        row["of_heap"].push_back({{"course", of.courses[i].name},
                                  {"median", one.of_heap[i].median},
                                  {"spread", one.of_heap[i].spread}});
    }
    row["resident"] = or_null(of.resident(one.who.name));
    row["saves"] = or_null(of.saved(one));
    row["predicted"] = or_null(of.predicted(one));
    if (const auto ratio = of.in_program(one)) {
        row["in_program"] = {{"median", ratio->median},
                             {"spread", ratio->spread},
                             {"at_most", ratio->at_most},  // null if infinite
                             {"rounds", of.tried->of(one.who.name)->rounds.size()}};
        row["peak_in_program"] = or_null(of.tried->median(one.who.name, "resident"));
    }
    return row;
}

json of_trial(const trial& of) {
    json problems = json::array();
    for (const standing& each : of.runs.standings()) {
        if (!each.problem.empty()) {
            problems.push_back({{"strategy", each.who.name}, {"problem", each.problem}});
        }
    }
    return {{"command", of.command},
            {"rounds", of.runs.rounds},
            {"runs_a_round", of.runs_a_round},
            {"heap_nanoseconds", or_null(replay::results::median(of.heap(), "nanoseconds"))},
            {"heap_peak", or_null(replay::results::median(of.heap(), "resident"))},
            {"problems", problems}};
}

json of_all(const std::vector<left_out>& all) {
    json rows = json::array();
    for (const left_out& each : all) {
        rows.push_back({{"strategy", each.strategy}, {"why", each.why}});
    }
    return rows;
}

}  // namespace

void print_json(std::ostream& to, const advice& of) {
    json finalists = json::array();
    for (const standing& each : of.standings) {
        finalists.push_back(of_one(of, each));
    }
    json standard = json::array();
    for (const standing& each : of.standard) {
        standard.push_back(of_one(of, each));
    }
    json front = json::array();
    for (const time_and_peak& each : of.front) {
        front.push_back({{"strategy", each.strategy},
                         {"time_of_heap", each.time},
                         {"peak_of_heap", each.peak}});
    }
    json losers = json::array();
    for (const loser& each : of.losers) {
        losers.push_back(each.problem.empty()
                             ? json{{"strategy", each.strategy}, {"worst_of_heap", each.score}}
                             : json{{"strategy", each.strategy}, {"problem", each.problem}});
    }
    const standing* const best = of.winner();
    json traces = json::array();
    for (const played_trace& each : of.traces) {
        traces.push_back({{"program", each.program},
                          {"calls", each.calls},
                          {"threads", each.threads},
                          {"most_live_bytes", each.most_live}});
    }
    json whole{{"traces", traces},
               {"minimised", of.by.text()},
               {"rounds", of.last.rounds},
               {"take", best == nullptr ? json(nullptr) : json(best->who.strategy)},
               {"reason", of.reason()},
               {"possible", or_null(of.possible())},
               {"heap_resident", or_null(of.resident(of.heap().who.name))},
               {"finalists", finalists},
               {"standard", standard},
               {"out_before", losers},
               {"not_tried", of_all(of.not_tried)},
               {"not_raced", of_all(of.not_raced)},
               {"front", front}};
    if (of.tried) {
        whole["trial"] = of_trial(*of.tried);
    }
    if (best != nullptr) {
        whole["cpp"] = cpp_of(best->who.strategy);
    }
    to << whole.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace strata::tool::tune
