// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_WORKLOADS_WORKLOADS_HPP
#define STRATA_BENCHMARKS_WORKLOADS_WORKLOADS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "contenders/contender.hpp"
#include "measure.hpp"

namespace bench {

/// Writes the first bytes, as whoever asked for the block would.
inline void touch(void* block) {
    *static_cast<volatile std::uint64_t*>(block) = 1;
}

/// What all workloads ask for if they say nothing else: the alignment of a pointer.
constexpr std::size_t usual_alignment = 8;

[[nodiscard]] inline std::vector<std::uint32_t> random_numbers(std::size_t count,
                                                               std::uint32_t from,
                                                               std::uint32_t to) {
    std::mt19937 random{count};
    std::uniform_int_distribution<std::uint32_t> one{from, to};
    std::vector<std::uint32_t> numbers(count);
    for (auto& number : numbers) {
        number = one(random);
    }
    return numbers;
}

[[nodiscard]] inline std::vector<std::uint32_t> random_order(std::size_t count) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::mt19937 random{count};
    std::ranges::shuffle(order, random);
    return order;
}

/// A body of a benchmark that makes the contender anew for each sample.
template <class Body>
[[nodiscard]] entry entry_for(const contender& one, Body body) {
    return {one.id, one.label, [make = one.make, body](benchmark::State& state) {
                const auto made = make(nullptr);
                body(state, *made, hidden(made->get()));
            }};
}

void add_arena_workloads(std::vector<workload>& all);
void add_inline_arena_workloads(std::vector<workload>& all);
void add_pool_workloads(std::vector<workload>& all);
void add_life_cycle_workloads(std::vector<workload>& all);
void add_container_workloads(std::vector<workload>& all);
void add_p0089_workloads(std::vector<workload>& all);
void add_thread_workloads(std::vector<workload>& all);
void add_stats_workloads(std::vector<workload>& all);

/// The pool, and the pool counted in each way.
[[nodiscard]] std::vector<contender> counted_pools();

[[nodiscard]] const std::vector<workload>& all_workloads();

}  // namespace bench

#endif
