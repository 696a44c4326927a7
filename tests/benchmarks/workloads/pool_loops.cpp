// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/pool_loops.hpp"

#include <cmath>

namespace bench {

void pairs(benchmark::State& state, memory* from, std::size_t count) {
    for (auto _ : state) {
        for (std::size_t i = 0; i != count; ++i) {
            void* const block = from->allocate(node, usual_alignment);
            touch(block);
            from->deallocate(block, node, usual_alignment);
        }
    }
}

void taken_then_freed(benchmark::State& state, memory* from,
                      const std::vector<std::uint32_t>& order) {
    std::vector<void*> blocks(order.size());
    const auto once = [&] {
        for (void*& block : blocks) {
            block = from->allocate(node, usual_alignment);
            touch(block);
        }
        for (const std::uint32_t i : order) {
            from->deallocate(blocks[i], node, usual_alignment);
        }
    };
    once();
    once();
    for (auto _ : state) {
        once();
    }
}

churn churn_of(std::size_t live, std::size_t changes, std::uint32_t largest) {
    const auto slots = random_numbers(changes, 0, static_cast<std::uint32_t>(live - 1));
    const auto sizes = random_numbers(changes + 1, 8, largest);
    churn made{random_numbers(live, 8, largest), {}};
    for (std::size_t i = 0; i != changes; ++i) {
        made.changes.push_back({slots[i], sizes[i]});
    }
    return made;
}

churn buffer_churn_of(std::size_t live, std::size_t changes, std::uint32_t largest) {
    constexpr double least = 256;
    constexpr std::uint32_t steps = 1'000'000;
    const auto slots = random_numbers(changes, 0, static_cast<std::uint32_t>(live - 1));
    const auto draws = random_numbers(changes + live, 0, steps);
    const auto size = [&](std::size_t i) {
        const double share = static_cast<double>(draws[i]) / steps;
        return static_cast<std::uint32_t>(least * std::pow(largest / least, share));
    };
    churn made;
    for (std::size_t i = 0; i != live; ++i) {
        made.first_sizes.push_back(size(changes + i));
    }
    for (std::size_t i = 0; i != changes; ++i) {
        made.changes.push_back({slots[i], size(i)});
    }
    return made;
}

void random_lifetimes(benchmark::State& state, memory* from, const churn& plan) {
    struct held {
        void* block;
        std::size_t bytes;
    };
    std::vector<held> slots;
    for (const std::uint32_t bytes : plan.first_sizes) {
        slots.push_back({from->allocate(bytes, usual_alignment), bytes});
        touch(slots.back().block);
    }
    const auto once = [&] {
        for (const change& next : plan.changes) {
            held& slot = slots[next.slot];
            from->deallocate(slot.block, slot.bytes, usual_alignment);
            slot = {from->allocate(next.bytes, usual_alignment), next.bytes};
            touch(slot.block);
        }
    };
    once();
    for (auto _ : state) {
        once();
    }
    for (const held& slot : slots) {
        from->deallocate(slot.block, slot.bytes, usual_alignment);
    }
}

}  // namespace bench
