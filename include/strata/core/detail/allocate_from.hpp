// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_ALLOCATE_FROM_HPP
#define STRATA_CORE_DETAIL_ALLOCATE_FROM_HPP

#include <concepts>
#include <cstddef>

#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata::detail {

/// A block of an upstream. If the upstream returns null, which no resource may but some do, throws
/// `std::bad_alloc`.
template <class Upstream>
[[nodiscard]] void* allocate_from(Upstream& from, std::size_t bytes, std::size_t alignment) {
    void* block = from.allocate(bytes, alignment);
    if constexpr (!std::derived_from<Upstream, resource>) {
        // The standard library declares that it is not null, which compilers would rely on.
        asm volatile("" : "+r"(block));
        if (block == nullptr) [[unlikely]] {
            raise_no_memory();
        }
    }
    return block;
}

}  // namespace strata::detail

#endif
