// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/thread_team.hpp"

namespace bench {

void slots::fill(memory* from, const churn& plan) {
    for (const std::uint32_t bytes : plan.first_sizes) {
        held_.push_back({from->allocate(bytes, usual_alignment), bytes});
        touch(held_.back().block);
    }
}

void slots::replace(memory* from, const churn& plan, std::size_t begin, std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) {
        const change& next = plan.changes[(begin + i) % plan.changes.size()];
        held& slot = held_[next.slot];
        from->deallocate(slot.block, slot.bytes, usual_alignment);
        slot = {from->allocate(next.bytes, usual_alignment), next.bytes};
        touch(slot.block);
    }
}

void slots::empty(memory* from) {
    for (const held& slot : held_) {
        from->deallocate(slot.block, slot.bytes, usual_alignment);
    }
    held_.clear();
}

const churn& thread_plan() {
    static const churn plan = churn_of(slots_a_thread, 1 << 16, 256);
    return plan;
}

void own_blocks(benchmark::State& state, memory* from, const churn& plan, std::size_t threads,
                std::size_t total) {
    const std::size_t share = total / threads;
    for (auto _ : state) {
        std::vector<slots> blocks(threads);
        state.SetIterationTime(seconds_of_team(
            threads,
            [&](std::size_t number) {
                blocks[number].fill(from, plan);
                blocks[number].replace(from, plan, number * 1009, plan.first_sizes.size());
            },
            [&](std::size_t number) { blocks[number].replace(from, plan, number * 1009, share); },
            [&](std::size_t number) { blocks[number].empty(from); }));
    }
}

void own_blocks(benchmark::State& state, memory* from, std::size_t threads, std::size_t total) {
    own_blocks(state, from, thread_plan(), threads, total);
}

}  // namespace bench
