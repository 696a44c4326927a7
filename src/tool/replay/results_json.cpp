// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <ostream>

#include <nlohmann/json.hpp>

#include "tool/replay/results.hpp"
#include "tool/replay/touches.hpp"

namespace strata::tool::replay {
namespace {

using json = nlohmann::ordered_json;

json of_one(const results& of, const result& one) {
    json row{{"name", one.who.name}, {"is_strategy", one.who.is_strategy}};
    if (!one.problem().empty()) {
        row["problem"] = one.problem();
        return row;
    }
    row["nanoseconds"] = median_of(of.times(one));
    row["rounds"] = of.times(one);
    if (const auto ratio = of.to_glibc(one)) {
        row["of_glibc"] = {{"median", ratio->median}, {"spread", ratio->spread}};
    }
    for (const char* const each : {"instructions", "resident"}) {
        const auto value = results::median(one, each);
        row[each] = value ? json(*value) : json(nullptr);
    }
    json watched = json::object();
    for (const auto& [name, value] : one.watched.figures) {
        if (name != "nanoseconds" && name != "instructions" && name != "resident") {
            watched[name] = value;
        }
    }
    row["watched"] = watched;
    return row;
}

}  // namespace

void print_json(std::ostream& to, const results& of) {
    json rows = json::array();
    for (std::size_t i = 0; i + 1 < of.all.size(); ++i) {
        rows.push_back(of_one(of, of.all[i]));
    }
    const json whole{
        {"program", of.of.program},
        {"process", of.of.process},
        {"calls", of.plays.steps},
        {"allocations", of.plays.allocations},
        {"threads", of.plays.head.threads},
        {"waits", of.plays.waits},
        {"left_out", of.plays.left_out},
        {"most_live_bytes", of.plays.head.most_bytes},
        {"touch", name_of(of.asked.touches)},
        {"work", of.asked.work},
        {"pause", of.asked.pause},
        {"aged", of.asked.aged},
        {"driver_nanoseconds", results::median(of.all.back(), "nanoseconds").value_or(0)},
        {"all", rows}};
    to << whole.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace strata::tool::replay
