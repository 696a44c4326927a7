// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What is no ratio of times: each fills the numbers of a run and prints a table of its own.
#ifndef STRATA_BENCHMARKS_WORKLOADS_SPECIAL_HPP
#define STRATA_BENCHMARKS_WORKLOADS_SPECIAL_HPP

#include <string>

#include "results.hpp"

namespace bench {

/// Resident memory over live bytes, each contender in a process of its own.
void measure_memory(results& into, bool print);
/// What such a process does: prints three ratios for one setting and one contender.
[[nodiscard]] int measure_memory_here(const std::string& where, const std::string& of);

/// Each call on its own, by the processor's clock: percentiles and the worst.
void measure_latency(results& into, const effort& with, bool print);

/// The geometric means over the data structures of P0089, from what was timed.
void summarise_p0089(results& into, bool print);

}  // namespace bench

#endif
