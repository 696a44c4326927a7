// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_INTEROP_FIND_LAYER_HPP
#define STRATA_SRC_INTEROP_FIND_LAYER_HPP

#include <cstddef>
#include <memory_resource>

#include <strata/core/resource.hpp>

namespace strata::detail {

/// The first layer of this type at or below a resource; null where there is none.
template <class Layer>
[[nodiscard]] Layer* find_layer(std::pmr::memory_resource* in, std::size_t depth = 0) noexcept {
    constexpr std::size_t deepest = 64;  // no sensible stack is; a cycle of upstreams would be
    auto* known = dynamic_cast<resource*>(in);
    if (known == nullptr || depth == deepest) {
        return nullptr;
    }
    auto& top = const_cast<resource&>(known->identity());
    if (auto* found = dynamic_cast<Layer*>(&top)) {
        return found;
    }
    for (std::size_t i = 0; top.upstream(i) != nullptr; ++i) {
        if (Layer* found = find_layer<Layer>(top.upstream(i), depth + 1)) {
            return found;
        }
    }
    return nullptr;
}

}  // namespace strata::detail

#endif
