// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_WORKLOADS_POOL_LOOPS_HPP
#define STRATA_BENCHMARKS_WORKLOADS_POOL_LOOPS_HPP

#include "workloads/workloads.hpp"

namespace bench {

constexpr std::size_t node = 64;

// What is behind the interface cannot be seen where these are compiled, so that no call is guessed.

/// One block taken and freed, `count` times an iteration.
void pairs(benchmark::State& state, memory* from, std::size_t count);

/// All taken, then all freed in the order given.
void taken_then_freed(benchmark::State& state, memory* from,
                      const std::vector<std::uint32_t>& order);

/// What a random lifetime is: a slot drawn at random gives up its block and takes one of another
/// size.
struct change {
    std::uint32_t slot;
    std::uint32_t bytes;
};

struct churn {
    std::vector<std::uint32_t> first_sizes;
    std::vector<change> changes;
};

[[nodiscard]] churn churn_of(std::size_t live, std::size_t changes, std::uint32_t largest);
/// The same with blocks of 256 bytes and more, with as many sizes in each doubling.
[[nodiscard]] churn buffer_churn_of(std::size_t live, std::size_t changes, std::uint32_t largest);

/// As many changes as the plan has, an iteration.
void random_lifetimes(benchmark::State& state, memory* from, const churn& plan);

}  // namespace bench

#endif
