// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_FAILING_RESOURCE_HPP
#define STRATA_TESTING_FAILING_RESOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <random>
#include <string_view>

#include <strata/adaptors/adaptor.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/injected_failure.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

class failing_resource;

/// Describes which allocations a `failing_resource` refuses: those that at least one of the members
/// selects.
struct failing {
    /// The allocation with this number; the first is 1.
    std::optional<std::size_t> at = {};
    /// Allocations for whose layout this returns true. It must not allocate from the resource
    /// itself.
    std::function<bool(layout)> when = {};
    /// Each allocation with this probability, from 0 to 1.
    double probability = 0;
    /// The seed of the random numbers. If empty, a seed is drawn and printed to standard error.
    std::optional<std::uint64_t> seed = {};
    /// Whether all allocations fail after the first that did, as when memory has run out.
    bool sticky = false;
    label name = {};

    template <class Upstream>
    using resource_type = failing_resource;
    static constexpr bool is_source = false;
    static constexpr bool passes_sizes_on = true;
    static constexpr std::string_view layer_name = "failing";
};

/// Refuses chosen allocations, to test how the code above it handles that.
///
///     strata::failing_resource memory{strata::failing{.at = 2, .sticky = true}};
///     std::pmr::vector<std::pmr::string> texts{&memory};
///     BOOST_CHECK_THROW(fill(texts), strata::injected_failure);
///
/// Routing: a request that is not refused goes on to the upstream unchanged.
/// Lifetime: holds no blocks. The upstream must outlive it.
/// Overhead: none a block; 3 KiB for the object.
/// Complexity: O(1) beside the upstream's.
/// Errors: `injected_failure`; what the upstream and `when` throw passes through.
/// Threads: as the upstream. The numbers of allocations then depend on the order of the threads.
class failing_resource : public adaptor<failing_resource, failing> {
public:
    explicit failing_resource(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND);
    explicit failing_resource(const failing& plan,
                              std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                  system_heap());
    ~failing_resource() override;

    /// Follows this plan from now on: the counts and the random numbers start again.
    void arm(const failing& plan);
    /// Refuses nothing from now on.
    void disarm() { arm({}); }

    /// The plan in force, with the seed that was drawn for it.
    [[nodiscard]] failing options() const;
    /// How many allocations were requested under this plan, also the refused ones.
    [[nodiscard]] std::size_t allocations() const noexcept;
    /// How many of them were refused.
    [[nodiscard]] std::size_t failures() const noexcept;
    /// The first that was refused.
    [[nodiscard]] std::optional<injected_failure> first_failure() const;
    /// The seed of the plan, or the one drawn for it.
    [[nodiscard]] std::uint64_t seed() const noexcept;

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;

    [[nodiscard]] bool selects(std::size_t number, layout asked);

    mutable detail::call_mutex mutex_;  // guards all below
    failing plan_;
    std::mt19937_64 random_;
    std::size_t allocations_ = 0;
    std::size_t failures_ = 0;
    std::optional<injected_failure> first_failure_;
};

}  // namespace strata

#endif
