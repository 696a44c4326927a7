// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_UNCHANGED_ON_FAILURE_HPP
#define STRATA_TESTING_UNCHANGED_ON_FAILURE_HPP

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace strata {

namespace detail {

/// Reports to the `for_each_allocation_failure` that runs on this thread; if there is none, a
/// misuse.
void report_changed_state() noexcept;

}  // namespace detail

/// Requires the strong guarantee for the rest of a C++ scope: if an exception leaves the scope,
/// `snapshot` must return a value equal to the one at the beginning.
///
///     strata::for_each_allocation_failure([](std::pmr::memory_resource& memory) {
///         std::pmr::vector<int> numbers{{1, 2, 3}, &memory};
///         strata::unchanged_on_failure guard{[&] { return numbers.size(); }};
///         numbers.push_back(4);
///     });
///
/// Lifetime: objects that the snapshot reads must outlive the guard: declare them first.
/// Overhead, complexity: two snapshots and a comparison.
/// Errors: a changed state is the verdict `state_changed` of the run; without a run it is a misuse.
/// The snapshot must not throw, and must not allocate from the memory under test.
/// Threads: the thread of the scenario; on others a changed state is a misuse.
template <std::invocable Snapshot>
    requires std::equality_comparable<std::invoke_result_t<Snapshot&>>
class unchanged_on_failure {
public:
    [[nodiscard]] explicit unchanged_on_failure(Snapshot snapshot)
        : snapshot_{std::move(snapshot)},
          before_{snapshot_()} {}
    unchanged_on_failure(const unchanged_on_failure&) = delete;
    unchanged_on_failure& operator=(const unchanged_on_failure&) = delete;
    ~unchanged_on_failure() {
        if (std::uncaught_exceptions() > exceptions_ && !(snapshot_() == before_)) {
            detail::report_changed_state();
        }
    }

private:
    Snapshot snapshot_;
    std::decay_t<std::invoke_result_t<Snapshot&>> before_;
    int exceptions_ = std::uncaught_exceptions();
};

}  // namespace strata

#endif
