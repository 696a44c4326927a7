// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_WATCHED_RESOURCE_HPP
#define STRATA_TESTING_WATCHED_RESOURCE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>

#include <strata/adaptors/adaptor.hpp>
#include <strata/core/allocation_source.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata {

class watched_resource;

/// Describes a `watched_resource`.
struct watched {
    label name = {};

    template <class Upstream>
    using resource_type = watched_resource;
    static constexpr bool is_source = false;
    static constexpr bool passes_sizes_on = true;
    static constexpr std::string_view layer_name = "watched";

    friend constexpr bool operator==(const watched&, const watched&) = default;
};

/// Lets an `allocation_budget` see the allocations that pass through it.
///
///     strata::watched_resource memory;
///     my::parser parser{&memory};
///     strata::no_allocations none{memory};
///     parser.parse(text);
///
/// Routing: every call goes on to the upstream unchanged.
/// Lifetime: holds no blocks. The upstream must outlive it, and it the budgets over it.
/// Overhead: none a block; 72 bytes for the object. While budgets exist, each allocation takes a
/// lock.
/// Complexity: O(budgets) beside the upstream's.
/// Errors: what the upstream throws passes through.
/// Threads: as the upstream.
class watched_resource : public adaptor<watched_resource, watched>, public allocation_source {
public:
    explicit watched_resource(
        std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND = system_heap());
    explicit watched_resource(const watched& description,
                              std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                  system_heap());
    ~watched_resource() override;

    [[nodiscard]] watched options() const noexcept { return {.name = label()}; }

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;

    void allocate_and_free_a_byte() override;

};

}  // namespace strata

#endif
