// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_INTEROP_FIND_LAYER_HPP
#define STRATA_SRC_INTEROP_FIND_LAYER_HPP

#include <cstddef>
#include <memory_resource>

#include <strata/core/resource.hpp>

namespace strata::detail {

/// The first layer with a part of this type at or below a resource; null where there is none.
template <class Layer>
[[nodiscard]] Layer* find_layer(std::pmr::memory_resource* in, std::size_t depth = 0) noexcept {
    constexpr std::size_t deepest = 64;  // no sensible stack is; a cycle of upstreams would be
    const resource* const known = in == nullptr ? nullptr : as_resource(*in);
    if (known == nullptr || depth == deepest) {
        return nullptr;
    }
    const resource& top = known->identity();
    if (const auto* const found = part_of<Layer>(top)) {
        return const_cast<Layer*>(found);
    }
    for (std::size_t i = 0; top.upstream(i) != nullptr; ++i) {
        if (Layer* const found = find_layer<Layer>(top.upstream(i), depth + 1)) {
            return found;
        }
    }
    return nullptr;
}

}  // namespace strata::detail

#endif
