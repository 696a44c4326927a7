// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_FAILURE_REPORT_HPP
#define STRATA_TESTING_FAILURE_REPORT_HPP

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include <strata/core/layout.hpp>
#include <strata/diagnostics/stack_trace.hpp>

namespace strata {

/// What `for_each_allocation_failure` found.
enum class failure_verdict {
    passed,
    swallowed_failure,     ///< the scenario finished as if nothing had failed
    wrong_exception,       ///< the scenario let another exception out
    leaked,                ///< blocks were still live after the run
    misused,               ///< a block came back with another size or alignment, or twice
    state_changed,         ///< a failure changed state that must stay
    nondeterministic,      ///< runs do not ask for the same number of allocations
    too_few_allocations,   ///< fewer than the options ask for: nothing was tested
    too_many_allocations,  ///< more than the options allow
};

/// How an allocation failed.
enum class failure_mode {
    one_shot,  ///< only this one
    sticky     ///< this one and all after it
};

/// The result of `for_each_allocation_failure`: true if the scenario passed. Printed, it says what
/// went wrong and where.
struct failure_report {
    /// The result; the other members tell where the scenario went wrong.
    failure_verdict verdict = failure_verdict::passed;
    /// How many allocations the scenario makes if none fails.
    std::size_t allocations = 0;
    std::size_t runs = 0;
    /// The first allocation whose failure was handled wrongly, counted from 1. Empty if already the
    /// run without failures went wrong.
    std::optional<std::size_t> number = {};
    failure_mode mode = failure_mode::one_shot;
    layout asked = {};
    stack_trace trace = {};  ///< the calls that requested it
    std::string detail = {};

    /// Whether the verdict is `passed`.
    [[nodiscard]] explicit operator bool() const noexcept {
        return verdict == failure_verdict::passed;
    }
};

std::ostream& operator<<(std::ostream& out, failure_verdict verdict);
std::ostream& operator<<(std::ostream& out, failure_mode mode);
std::ostream& operator<<(std::ostream& out, const failure_report& report);

}  // namespace strata

#endif
