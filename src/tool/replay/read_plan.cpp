// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/read_plan.hpp"

#include <algorithm>
#include <cstdint>
#include <thread>

#include "tool/failure.hpp"
#include "tool/replay/recording_cost.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/tell_left_out.hpp"

namespace strata::tool::replay {
namespace {

// Threads record at the same time. What is left is at least a tenth, however wrong the estimate.
double time_unrecorded(const plan& of, double recorded_nanoseconds) {
    const double processors = std::max(std::thread::hardware_concurrency(), 1u);
    const double cost = recording_cost() * static_cast<double>(of.steps) /
                        std::min(of.threads_at_once(), processors);
    return std::max(recorded_nanoseconds - cost, recorded_nanoseconds / 10);
}

}  // namespace

planned_trace read_plan(const std::string& file, trace::on_damage damage, threads_as threads,
                        const std::function<void(const trace::event&)>& also) {
    const auto source = trace::open_trace(file, damage);
    trace::refuse_sample(source->info(), file, ". It lacks most calls and cannot be replayed");
    planner makes{threads};
    std::uint64_t microseconds = 0;
    trace::read_all(*source, "reading", [&](const trace::event& each) {
        makes.add(each);
        microseconds = each.microseconds;
        also(each);
    });
    trace::tell_left_out(source->left_out());
    planned_trace made{.of = source->info(), .plays = makes.finish()};
    made.nanoseconds = time_unrecorded(made.plays, static_cast<double>(microseconds) * 1000);
    if (made.plays.steps == 0) {
        throw failure{file + ": has no allocations to replay"};
    }
    return made;
}

}  // namespace strata::tool::replay
