// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <ostream>

#include <nlohmann/json.hpp>

#include "tool/trace/call_json.hpp"
#include "tool/trace/info.hpp"

namespace strata::tool::trace {
namespace {

using json = nlohmann::ordered_json;

json json_of(const usage& of) {
    return {{"blocks", of.blocks}, {"bytes", of.bytes}};
}

json json_of(const share& of) {
    return {{"name", of.name}, {"allocated", json_of(of.allocated)}, {"live", json_of(of.live)}};
}

json json_of(const site_group& of) {
    json row{{"name", of.name},
             {"allocated", json_of(of.sums.allocated)},
             {"at_peak", json_of(of.sums.at_peak)},
             {"live", json_of(of.sums.live)},
             {"stack", json::array()}};
    for (const shown_call& each : of.stack) {
        row["stack"].push_back(json_of(each));
    }
    return row;
}

// A thousandth of the bytes at least.
bool is_notable(const site_share& of, const trace_summary& sums) {
    const auto is_part = [](const usage& some, const usage& all) {
        return some.bytes != 0 && some.bytes >= all.bytes / 1000;
    };
    return is_part(of.allocated, sums.allocated) || is_part(of.at_peak, sums.peak) ||
           is_part(of.live, sums.live);
}

json json_of_events(const trace_summary& sums) {
    json events{{"total", sums.events}};
    for (std::size_t i = 1; i != event_kinds; ++i) {
        events[kind_names[i]] = sums.by_kind[i];
    }
    return events;
}

json json_of_sizes(const histogram& of) {
    json all = json::array();
    for (std::size_t i = 0; i != histogram::buckets; ++i) {
        if (of.in(i) != 0) {
            all.push_back({{"from", histogram::least(i)}, {"blocks", of.in(i)}});
        }
    }
    return all;
}

json json_of_lifetimes(const histogram& freed, const histogram& live) {
    json all = json::array();
    for (std::size_t i = 0; i != histogram::buckets; ++i) {
        if (freed.in(i) + live.in(i) != 0) {
            all.push_back(
                {{"from", histogram::least(i)}, {"freed", freed.in(i)}, {"live", live.in(i)}});
        }
    }
    return all;
}

}  // namespace

void print_json(std::ostream& to, const event_source& of, const trace_summary& sums,
                const std::vector<site_group>& groups) {
    json all{{"program", of.info().program},
             {"process", of.info().process},
             {"started", date_of(of.info().started)},
             {"format", of.info().is_packed ? "packed" : "live"},
             {"bytes", of.bytes()},
             {"sample_distance", of.info().sample_distance},
             {"microseconds", sums.microseconds},
             {"threads", sums.threads},
             {"events", json_of_events(sums)},
             {"allocated", json_of(sums.allocated)},
             {"peak", json_of(sums.peak)},
             {"peak_at_microseconds", sums.peak_at},
             {"most_blocks", sums.most_blocks},
             {"live_at_end", json_of(sums.live)},
             {"freed_on_another_thread", sums.freed_elsewhere},
             {"freed_with_wrong_size", sums.wrong_sizes},
             {"frees_of_unknown_blocks", sums.not_known},
             {"dropped_events", sums.dropped},
             {"refused_bytes", sums.refused_bytes},
             {"places_left_out", of.left_out().places},
             {"sizes", json_of_sizes(sums.sizes)},
             {"lifetimes_in_bytes_allocated", json_of_lifetimes(sums.lifetimes, sums.ages())}};
    all["forms"] = json::array();
    for (const share& each : sums.by_form()) {
        if (each.allocated.blocks != 0) {
            all["forms"].push_back(json_of(each));
        }
    }
    all["resources"] = json::array();
    for (const auto& [number, each] : sums.by_resource()) {
        json row = json_of(each);
        row["number"] = number;
        row["above"] = each.above;
        all["resources"].push_back(row);
    }
    all["phases"] = json::array();
    for (const share& each : sums.by_phase()) {
        all["phases"].push_back(json_of(each));
    }
    all["call_sites"] = json::array();
    for (const site_group& each : groups) {
        if (is_notable(each.sums, sums)) {
            all["call_sites"].push_back(json_of(each));
        }
    }
    // A name of the program may be no UTF-8.
    to << all.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace strata::tool::trace
