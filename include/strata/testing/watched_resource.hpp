// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_WATCHED_RESOURCE_HPP
#define STRATA_TESTING_WATCHED_RESOURCE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>

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

    friend constexpr bool operator==(const watched&, const watched&) = default;
};

/// Lets an `allocation_budget` see what passes through it.
///
///     strata::watched_resource memory;
///     my::parser parser{&memory};
///     strata::no_allocations none{memory};
///     parser.parse(text);
///
/// Routing: every call goes on to the upstream unchanged.
/// Lifetime: holds no blocks. The upstream must outlive it, and it the budgets over it.
/// Overhead: none a block; 72 bytes for the object. While budgets are there, each allocation takes
/// a lock.
/// Complexity: O(budgets) beside the upstream's.
/// Errors: what the upstream throws passes through.
/// Threads: as the upstream.
class watched_resource : public resource, public allocation_source {
public:
    explicit watched_resource(
        std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND = system_heap());
    explicit watched_resource(const watched& description,
                              std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                  system_heap());
    ~watched_resource() override;

    [[nodiscard]] watched options() const noexcept { return {.name = label()}; }

protected:
    [[nodiscard]] std::string_view do_name() const noexcept override { return "watched"; }
    [[nodiscard]] const void* do_part(detail::type_key wanted) const noexcept override {
        return as_part(this, wanted);
    }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override;
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;

private:
    void allocate_and_free_a_byte() override;

    std::pmr::memory_resource* upstream_;
};

}  // namespace strata

#endif
