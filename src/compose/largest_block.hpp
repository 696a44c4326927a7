// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_COMPOSE_LARGEST_BLOCK_HPP
#define STRATA_SRC_COMPOSE_LARGEST_BLOCK_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <strata/compose/strategy.hpp>

namespace strata::detail {

/// The largest block that a chain of layers can serve, and the layer that sets this bound.
struct block_bound {
    std::uint64_t bytes;
    std::string_view by;
};

/// None if the text does not show it: the bottom is unknown, the source has no bound, or a layer
/// may serve memory that is not from the layers below.
[[nodiscard]] std::optional<block_bound> largest_block(std::span<const strategy::layer> chain);

}  // namespace strata::detail

#endif
