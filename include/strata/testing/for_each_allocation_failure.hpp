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
    /// Whether the scenario may handle a failure and finish. Otherwise the exception must come out
    /// as it was thrown.
    bool may_recover = false;
    /// A limit, because there are two runs for each allocation: a large scenario would take very
    /// long.
    std::size_t most_allocations = 10'000;
    /// A scenario that allocates nothing from the resource it is given tests nothing.
    std::size_t least_allocations = 1;
    /// Returns a text that must be the same before and after a run that failed: for state outside
    /// the scenario. For state inside it, use `unchanged_on_failure`.
    std::function<std::string()> probe = {};
};

/// Runs a scenario once for each allocation that it makes, with that allocation failing, and judges
/// the result.
///
///     auto report = strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
///         my::index index{&memory};
///         index.insert("a key that is too long to be stored inside");
///     });
///     BOOST_TEST(report);
///
/// The scenario makes and destroys its own state on the resource that it is given. The first run
/// has no failure and counts the allocations. Then there are two runs for each allocation: it fails
/// alone, then with all after it. The last run has no failure. Below the scenario is a
/// `checking_resource`. The first error ends the sweep.
///
/// Complexity: 2 + 2 * allocations runs.
/// Errors: an exception of the scenario in a run without a failure passes through.
/// Threads: several may sweep at once. A scenario may use threads of its own, if it asks for the
/// same number of allocations every time.
[[nodiscard]] failure_report for_each_allocation_failure(
    const std::function<void(std::pmr::memory_resource&)>& scenario,
    const failure_sweep& options = {});

}  // namespace strata

#endif
