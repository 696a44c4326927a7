// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_TRY_ALLOCATE_HPP
#define STRATA_ADAPTORS_DETAIL_TRY_ALLOCATE_HPP

#include <concepts>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/caught.hpp>

namespace strata::detail {

void takes_that_of_every_resource(void* (resource::*)(layout) noexcept);

/// Whether the `try_allocate` of a resource may have to catch an exception, of whatever type, and so
/// hides it: that of every resource may, and one may say so of its own.
template <class Resource>
inline constexpr bool tries_by_catching = requires {
    takes_that_of_every_resource(&Resource::try_allocate);
} || requires { requires Resource::tries_by_catching; };

/// A resource whose type says that it can refuse without a throw.
template <class Resource>
concept has_try_allocate = requires(Resource& from, layout wanted) {
    { from.try_allocate(wanted) } noexcept -> std::same_as<void*>;
} && !tries_by_catching<Resource>;

/// A block, or null where `from` lacks the memory. Other exceptions than `std::bad_alloc` pass.
template <class Resource>
[[nodiscard]] void* try_allocate(Resource& from, layout wanted) {
    if constexpr (has_try_allocate<Resource>) {
        return from.try_allocate(wanted);
    } else {
        return null_if_no_memory([&] { return from.allocate(wanted.size, wanted.alignment); });
    }
}

/// A block, or null where `from` would throw.
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

}  // namespace strata::detail

#endif
