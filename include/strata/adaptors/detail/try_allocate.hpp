// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_TRY_ALLOCATE_HPP
#define STRATA_ADAPTORS_DETAIL_TRY_ALLOCATE_HPP

#include <concepts>
#include <new>

#include <strata/core/layout.hpp>

namespace strata::detail {

/// A resource whose type says that it can refuse without a throw.
template <class Resource>
concept has_try_allocate = requires(Resource& from, layout wanted) {
    { from.try_allocate(wanted) } noexcept -> std::same_as<void*>;
};

/// A block, or null where `from` lacks the memory. Other exceptions than `std::bad_alloc` pass.
template <class Resource>
[[nodiscard]] void* try_allocate(Resource& from, layout wanted) {
    if constexpr (has_try_allocate<Resource>) {
        return from.try_allocate(wanted);
    } else {
        try {
            return from.allocate(wanted.size, wanted.alignment);
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }
}

}  // namespace strata::detail

#endif
