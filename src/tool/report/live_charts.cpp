// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/live_charts.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/report/html.hpp"
#include "tool/trace/histogram.hpp"

namespace strata::tool::report {
namespace {

constexpr std::size_t longest_in_legend = 60;

std::string name_of_resource(std::uint64_t number,
                             const std::map<std::uint16_t, trace::share>& all) {
    const auto found = all.find(static_cast<std::uint16_t>(number));
    if (found != all.end() && !found->second.name.empty()) {
        return found->second.name;
    }
    return number == 0 ? "(none)" : std::string{"number "}.append(detail::decimal(number));
}

std::string name_of(dimension by, std::uint64_t key, const trace::trace_summary& sums) {
    if (key == timeline::later_keys) {
        return "(later ones)";
    }
    switch (by) {
        case dimension::size_class:
            return std::string{"from "}.append(power_text(trace::histogram::least(key)));
        case dimension::resource:
            return name_of_resource(key, sums.by_resource());
        case dimension::thread:
            return std::string{"thread "}.append(detail::decimal(key));
        case dimension::phase:
            return sums.by_phase()[key].name;
    }
    return "";
}

const char* title_of(dimension by) {
    switch (by) {
        case dimension::size_class:
            return "by size of block";
        case dimension::resource:
            return "by resource";
        case dimension::thread:
            return "by thread that allocated";
        case dimension::phase:
            return "by phase in which it was allocated";
    }
    return "";
}

const char* id_of(dimension by) {
    constexpr std::array ids{"live-size", "live-resource", "live-thread", "live-phase"};
    return ids[static_cast<std::size_t>(by)];
}

}  // namespace

std::vector<area_chart> live_charts(const contents& of) {
    std::vector<area_chart> all;
    for (const dimension by : dimensions) {
        std::vector<timeline::series> series = of.live.by(by);
        if (by != dimension::size_class && series.size() < 2) {
            continue;
        }
        if (by == dimension::size_class) {
            std::ranges::sort(series, {}, &timeline::series::key);
        }
        std::vector<area> areas;
        for (timeline::series& each : series) {
            areas.push_back({.name = shown_name(name_of(by, each.key, of.sums), longest_in_legend),
                             .bytes = std::move(each.bytes)});
        }
        all.push_back({.id = id_of(by),
                       .title = title_of(by),
                       .microseconds_a_point = of.live.microseconds_a_point(),
                       .whole = of.live.whole(),
                       .areas = largest_areas(std::move(areas))});
    }
    return all;
}

std::vector<trace::share> named_resources(const trace::trace_summary& sums) {
    const auto all = sums.by_resource();
    std::vector<trace::share> rows;
    for (const auto& [number, each] : all) {
        if (each.allocated.blocks != 0) {
            rows.push_back(each);
            rows.back().name = name_of_resource(number, all);
            if (each.above != 0) {
                rows.back().name.append(", under ").append(name_of_resource(each.above, all));
            }
        }
    }
    return rows;
}

}  // namespace strata::tool::report
