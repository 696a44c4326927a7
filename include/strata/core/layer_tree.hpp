// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_LAYER_TREE_HPP
#define STRATA_CORE_LAYER_TREE_HPP

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

#include <strata/core/resource.hpp>

namespace strata {

namespace detail {

/// Deeper stacks are cut off here.
inline constexpr std::size_t deepest_layer = 64;

/// The path from the top to a layer. By it, a resource that draws from itself is recognised.
struct layers_above {
    const std::pmr::memory_resource* nearest = nullptr;
    const layers_above* others = nullptr;

    [[nodiscard]] bool have(const std::pmr::memory_resource& one) const noexcept {
        return nearest != nullptr && (nearest == &one || (others != nullptr && others->have(one)));
    }
};

/// Calls `is_last(resource, depth)` for a resource and everything below it, each before its
/// upstreams, until one call returns true. Returns whether one did. A resource that draws from
/// itself is visited once.
template <class Visit>
bool any_layer(const std::pmr::memory_resource& top, const Visit& is_last, std::size_t depth = 0,
               const layers_above& above = {}) {
    if (above.have(top)) {
        return false;
    }
    if (is_last(top, depth)) {
        return true;
    }
    const layers_above now{&top, &above};
    const resource* const known = depth == deepest_layer ? nullptr : as_resource(top);
    for (std::size_t i = 0; known != nullptr && known->upstream(i) != nullptr; ++i) {
        if (any_layer(*known->upstream(i), is_last, depth + 1, now)) {
            return true;
        }
    }
    return false;
}

template <class Layer, class IsWanted>
[[nodiscard]] const Layer* find_if(const std::pmr::memory_resource& in,
                                   const IsWanted& is_wanted) noexcept {
    const Layer* found = nullptr;
    (void)any_layer(in, [&](const std::pmr::memory_resource& layer, std::size_t /*depth*/) {
        const resource* const known = as_resource(layer);
        found = known == nullptr || !is_wanted(*known) ? nullptr
                                                       : part_of<Layer>(known->identity());
        return found != nullptr;
    });
    return found;
}

}  // namespace detail

/// The first layer of a type in a resource and everything below it; null if there is none. The
/// order is that of `describe`: each layer comes before its upstreams, and a whole branch before
/// the next one.
///
///     auto memory = strata::strategy::parse("stats > pool > arena").build();
///     strata::find<strata::pool_resource>(memory)->trim();
///
/// `Layer` is the exact class of the resource; a strategy text makes `strata::limit_resource<>`.
/// Any buffer is found as `strata::fixed_buffer_resource<>`, and any `stats` as
/// `strata::stats_source`. A class of yours is found if its `do_part` names it.
/// Complexity: O(paths from the top to a resource); layers deeper than 64 are not looked at.
/// Threads: safe beside threads that allocate.
template <class Layer>
[[nodiscard]] const Layer* find(const std::pmr::memory_resource& in) noexcept {
    return detail::find_if<Layer>(in, [](const resource&) { return true; });
}
template <class Layer>
[[nodiscard]] Layer* find(std::pmr::memory_resource& in) noexcept {
    return const_cast<Layer*>(find<Layer>(std::as_const(in)));
}

/// The first layer of a type that also has this name.
///
///     strata::find<strata::pool_resource>(memory, "orders")->trim();
template <class Layer>
[[nodiscard]] const Layer* find(const std::pmr::memory_resource& in,
                                std::string_view name) noexcept {
    return detail::find_if<Layer>(
        in, [=](const resource& layer) { return layer.label().text() == name; });
}
template <class Layer>
[[nodiscard]] Layer* find(std::pmr::memory_resource& in, std::string_view name) noexcept {
    return const_cast<Layer*>(find<Layer>(std::as_const(in), name));
}

}  // namespace strata

#endif
