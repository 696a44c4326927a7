// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_ALLOCATE_FROM_HPP
#define STRATA_CORE_DETAIL_ALLOCATE_FROM_HPP

#include <concepts>
#include <cstddef>

#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata::detail {

/// A block of an upstream. Throws `std::bad_alloc` if the upstream returns null: some foreign
/// resources do, against the rules.
template <class Upstream>
[[nodiscard]] void* allocate_from(Upstream& from, std::size_t bytes, std::size_t alignment) {
    void* block = from.allocate(bytes, alignment);
    if constexpr (!std::derived_from<Upstream, resource>) {
        // The standard library declares the result non-null. This hides it from the optimizer.
        asm volatile("" : "+r"(block));
        if (block == nullptr) [[unlikely]] {
            raise_no_memory();
        }
    }
    return block;
}

}  // namespace strata::detail

#endif
