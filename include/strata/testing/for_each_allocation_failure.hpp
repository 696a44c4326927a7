// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_FOR_EACH_ALLOCATION_FAILURE_HPP
#define STRATA_TESTING_FOR_EACH_ALLOCATION_FAILURE_HPP

#include <cstddef>
#include <functional>
#include <memory_resource>
#include <string>

#include <strata/detail/same_containers.hpp>
#include <strata/testing/failure_report.hpp>

namespace strata {

/// What `for_each_allocation_failure` accepts.
struct failure_sweep {
    /// Whether the scenario may cope with a failure and finish. Otherwise the exception must come
    /// out, as it was thrown.
    bool may_recover = false;
    /// Runs grow with the number of allocations and each run takes as long as the scenario, so
    /// there is an end to what is sensible.
    std::size_t most_allocations = 10'000;
    /// A scenario that allocates nothing from the resource it is given tests nothing.
    std::size_t least_allocations = 1;
    /// What must be the same before and after a run that failed; for state outside the scenario.
    /// For state inside it there is `unchanged_on_failure`.
    std::function<std::string()> probe = {};
};

/// Runs a scenario once for each allocation that it makes, with that allocation failing, and
/// judges what comes of it.
///
///     auto report = strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
///         my::index index{&memory};
///         index.insert("a key that is too long to be stored inside");
///     });
///     BOOST_TEST(report);
///
/// The scenario sets up its own state, from the resource it is given, and ends it. It runs first
/// without a failure, which counts its allocations, then twice an allocation, which fails alone or
/// with all after it, and once more at the end without a failure. Below it is a
/// `checking_resource`. The first thing that goes wrong ends the sweep.
///
/// Complexity: 2 + 2 * allocations runs.
/// Errors: what the scenario throws when nothing failed passes through.
/// Threads: several may sweep at once. A scenario may use threads of its own, if it asks for the
/// same number of allocations every time.
[[nodiscard]] failure_report for_each_allocation_failure(
    const std::function<void(std::pmr::memory_resource&)>& scenario,
    const failure_sweep& options = {});

}  // namespace strata

#endif
