// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/input.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "tool/failure.hpp"
#include "tool/replay/pause.hpp"
#include "tool/replay/read_plan.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::tune {

input read_input(const std::string& file, trace::on_damage damage) {
    trace::trace_summary sums{0};
    const auto add = [&](const trace::event& each) { sums.add(each); };
    replay::planned_trace planned =
        replay::read_plan(file, damage, replay::threads_as::recorded, add);
    return {.file = file,
            .info = planned.of,
            .allocated = sums.allocated.bytes,
            .nanoseconds = planned.nanoseconds,
            .plays = std::make_shared<replay::plan>(std::move(planned.plays))};
}

void add_courses(std::vector<course>& to, const std::vector<input>& of, const objective& by) {
    for (const input& each : of) {
        const replay::settings asked{.touches = replay::touch::line};
        const std::uint64_t pause = pause_as_in_program(*each.plays, each.nanoseconds, asked);
        for (const bool aged : {false, true}) {
            const std::optional<objective> here = aged ? by.without_memory() : by;
            if (!here) {
                continue;
            }
            const std::string heap = aged ? "littered heap" : "fresh heap";
            to.push_back({.name = each.file + ", " + heap,
                          .plays = each.plays,
                          .asked = {.touches = asked.touches, .pause = pause, .aged = aged},
                          .by = *here,
                          .recorded_nanoseconds = each.nanoseconds});
        }
    }
}

void require_one_kind(const input& one, const input& first) {
    if (one.plays->is_of_resources != first.plays->is_of_resources) {
        throw failure{one.file + ": is of " +
                      (first.plays->is_of_resources ? "a whole program" : "a resource") + ", and " +
                      first.file + " is not"};
    }
}

workload workload_of(const std::vector<input>& all) {
    workload made{.needs_threads = !all.front().plays->is_of_resources};
    for (const input& each : all) {
        const replay::plan_head& head = each.plays->head;
        const auto live = static_cast<double>(std::max<std::uint64_t>(head.most_bytes, 1));
        made.turnover = std::max(made.turnover, static_cast<double>(each.allocated) / live);
        made.most_live = std::max(made.most_live, head.most_bytes);
    }
    return made;
}

}  // namespace strata::tool::tune
