// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_UPSTREAM_CALLS_HPP
#define STRATA_ADAPTORS_DETAIL_UPSTREAM_CALLS_HPP

#include <concepts>
#include <cstddef>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/caught.hpp>

// How adaptors call their upstreams. The functions have the same names and results as the functions
// for any resource. If the type of the upstream is a resource of this library, they call it
// directly, without a look at the object.
namespace strata::detail {

void takes_that_of_every_resource(void* (resource::*)(layout) noexcept);

/// Whether `try_allocate` of this type may catch exceptions of every type and return null for them.
/// The `try_allocate` that all resources inherit may. A type with its own says so by a constant.
template <class Resource>
inline constexpr bool tries_by_catching = requires {
    takes_that_of_every_resource(&Resource::try_allocate);
} || requires { requires Resource::tries_by_catching; };

/// A resource whose type says that it can refuse without a throw.
template <class Resource>
concept has_try_allocate = requires(Resource& from, layout wanted) {
    { from.try_allocate(wanted) } noexcept -> std::same_as<void*>;
} && !tries_by_catching<Resource>;

/// Allocates from `from`; null if `from` has no memory. Exceptions other than `std::bad_alloc` pass
/// through.
template <class Resource>
[[nodiscard]] void* try_allocate(Resource& from, layout wanted) {
    if constexpr (has_try_allocate<Resource>) {
        return from.try_allocate(wanted);
    } else {
        return null_if_no_memory([&] { return from.allocate(wanted.size, wanted.alignment); });
    }
}

/// Allocates from `from`; null instead of any exception.
template <class Resource>
[[nodiscard]] void* allocate_or_null(Resource& from, layout wanted) noexcept {
    if constexpr (has_try_allocate<Resource>) {
        return from.try_allocate(wanted);
    } else if constexpr (std::derived_from<Resource, resource>) {
        return static_cast<resource&>(from).try_allocate(wanted);
    } else {
        return strata::try_allocate(from, wanted);
    }
}

template <class Resource>
[[nodiscard]] std::size_t usable_size(const Resource& of, const void* block,
                                      layout as) noexcept {
    if constexpr (std::derived_from<Resource, resource>) {
        return static_cast<const resource&>(of).usable_size(block, as);
    } else {
        return strata::usable_size(of, block, as);
    }
}

template <class Resource>
[[nodiscard]] bool try_expand(Resource& of, void* block, layout as,
                              std::size_t bytes) noexcept {
    if constexpr (std::derived_from<Resource, resource>) {
        return static_cast<resource&>(of).try_expand(block, as, bytes);
    } else {
        return strata::try_expand(of, block, as, bytes);
    }
}

template <class Resource>
[[nodiscard]] ownership owns(const Resource& from, const void* block) noexcept {
    if constexpr (std::derived_from<Resource, resource>) {
        return static_cast<const resource&>(from).owns(block);
    } else {
        return strata::owns(from, block);
    }
}

}  // namespace strata::detail

#endif
