// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_RESULTS_HPP
#define STRATA_BENCHMARKS_RESULTS_HPP

#include <list>
#include <map>
#include <string>

#include "measure.hpp"

namespace bench {

/// All that a run has found out.
struct results {
    std::list<measured> timed;
    /// What is no time over rounds, by a name such as "memory/small/strata.pool/peak".
    std::map<std::string, double> numbers;

    [[nodiscard]] const measured* find(const std::string& workload) const {
        for (const measured& one : timed) {
            if (one.of->id == workload) {
                return &one;
            }
        }
        return nullptr;
    }
};

/// Writes all of it, every round included.
void write_json(const results& all, const effort& with, const std::string& file);

/// What this project has set itself, what was measured, and whether that is met.
void print_goals(const results& all);
/// Whether a goal needs this workload.
[[nodiscard]] bool goals_need(const std::string& workload);

}  // namespace bench

#endif
