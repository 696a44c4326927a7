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
    row["saves_of_program"] = or_null(of.saved_of_program(one));
    return row;
}

}  // namespace

void print_json(std::ostream& to, const advice& of) {
    json finalists = json::array();
    for (const standing& each : of.standings) {
        finalists.push_back(of_one(of, each));
    }
    json losers = json::array();
    for (const loser& each : of.losers) {
        losers.push_back(each.problem.empty()
                             ? json{{"strategy", each.strategy}, {"of_heap", each.score}}
                             : json{{"strategy", each.strategy}, {"problem", each.problem}});
    }
    json not_tried = json::array();
    for (const left_out& each : of.not_tried) {
        not_tried.push_back({{"strategy", each.strategy}, {"why", each.why}});
    }
    const standing* const best = of.winner();
    json whole{{"program", of.program},
               {"calls", of.calls},
               {"threads", of.threads},
               {"most_live_bytes", of.most_live},
               {"minimised", objectives[static_cast<std::size_t>(of.last.by)]},
               {"rounds", of.last.rounds},
               {"take", best == nullptr ? json(nullptr) : json(best->who.strategy)},
               {"reason", of.reason()},
               {"most_to_save_of_program", or_null(of.most_to_save())},
               {"finalists", finalists},
               {"out_before", losers},
               {"not_tried", not_tried}};
    if (best != nullptr) {
        const auto cpp = cpp_of(best->who.strategy);
        whole["cpp"] = cpp ? json(*cpp) : json(nullptr);
    }
    to << whole.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace strata::tool::tune
