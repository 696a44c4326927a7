// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_GROWTH_HPP
#define STRATA_ADAPTORS_DETAIL_GROWTH_HPP

#include <concepts>
#include <cstddef>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>

// How adaptors ask their upstreams for the usable size or another size of a block. Where the type
// of the upstream is known, they call it directly.
namespace strata::detail {

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

}  // namespace strata::detail

#endif
