// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_SCOPED_DEFAULT_RESOURCE_HPP
#define STRATA_COMPOSE_SCOPED_DEFAULT_RESOURCE_HPP

#include <memory_resource>
#include <optional>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/core/on_finding.hpp>
#include <strata/detail/lifetime_bound.hpp>

namespace strata {

/// Makes a resource the default one of `std::pmr` until the end of a C++ scope.
///
///     strata::stack memory{strata::pool{}};
///     strata::scoped_default_resource use{memory};
///     std::pmr::vector<int> numbers;               // in `memory`
///
/// With a second argument, blocks that were allocated through the default resource inside the scope
/// and are live at its end are a finding:
///
///     strata::scoped_default_resource use{memory, strata::on_finding::abort};
///
/// Routing: `std::pmr::get_default_resource()` is the resource given. With a second argument it is
/// a counter in front of that resource, because few resources count live blocks.
/// Lifetime: the resource must outlive the scope; containers made inside it must end before the
/// resource does, and with a second argument before the scope does.
/// Overhead: 1.2 KiB for the object; with a second argument, a count for every call.
/// Complexity: O(1).
/// Errors: a scope that ends while another default resource is installed (out of order) is a
/// misuse. The report names both resources and the calls that ended the scope. The default resource
/// is left as it is. The later scope may then bring back the counter of a scope that has ended.
/// Nothing can be thrown for live blocks: `on_finding::throw_` is as `abort`.
/// Threads: the default resource belongs to the whole program: install it while no other thread
/// makes containers.
class scoped_default_resource {
public:
    [[nodiscard("it installs the resource only as long as it lives: give it a name")]]
    explicit scoped_default_resource(std::pmr::memory_resource& use STRATA_LIFETIME_BOUND,
                                     on_finding live_at_end = on_finding::ignore);
    scoped_default_resource(const scoped_default_resource&) = delete;
    scoped_default_resource& operator=(const scoped_default_resource&) = delete;
    ~scoped_default_resource();

    /// The default resource that the end of the scope brings back.
    [[nodiscard]] std::pmr::memory_resource* previous() const noexcept { return previous_; }

private:
    void report_order(std::pmr::memory_resource* found) const noexcept;

    std::optional<stats_resource<>> counter_;
    on_finding live_at_end_;
    std::pmr::memory_resource* installed_;
    std::pmr::memory_resource* previous_;
    std::pmr::memory_resource* given_;
    mutable scoped_default_resource* older_;  // of the live scopes
};

}  // namespace strata

#endif
