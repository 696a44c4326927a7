// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "largest_block.hpp"

#include <algorithm>
#include <variant>

#include "layer_registry.hpp"

namespace strata::detail {
namespace {

// A block of a layer with branches is a block of one of them.
std::optional<block_bound> largest_of(const std::vector<strategy::layers_type>& branches) {
    std::optional<block_bound> largest;
    for (const strategy::layers_type& branch : branches) {
        const auto bound = largest_block(branch);
        if (!bound) {
            return std::nullopt;
        }
        largest = largest && largest->bytes >= bound->bytes ? largest : bound;
    }
    return largest;
}

}  // namespace

std::optional<block_bound> largest_block(std::span<const strategy::layer> chain) {
    if (chain.empty()) {
        return std::nullopt;
    }
    const strategy::layer& top = chain.front();
    const layer_kind& kind = *find_layer_kind(top.name);
    std::optional<block_bound> bound;
    if (kind.only_from_below) {
        bound = kind.shape == layer_shape::branches ? largest_of(top.branches)
                                                    : largest_block(chain.subspan(1));
    }
    for (const layer_option& option : top.options) {
        const auto known = std::ranges::find(kind.options, option.name, &option_kind::name);
        if (const auto* most = std::get_if<std::uint64_t>(&option.value);
            most != nullptr && known->bounds_blocks) {
            bound = bound && bound->bytes <= *most ? bound : block_bound{*most, top.name};
        }
    }
    return bound;
}

}  // namespace strata::detail
