// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_COMPOSE_LARGEST_BLOCK_HPP
#define STRATA_SRC_COMPOSE_LARGEST_BLOCK_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <strata/compose/strategy.hpp>

namespace strata::detail {

/// The largest block that a chain of layers can serve, and the layer by which it is that.
struct block_bound {
    std::uint64_t bytes;
    std::string_view by;
};

/// None where that cannot be told from the texts of the layers alone: over a bottom that is not
/// known, for a source without a bound, and below a kind of layer that may have other memory.
[[nodiscard]] std::optional<block_bound> largest_block(std::span<const strategy::layer> chain);

}  // namespace strata::detail

#endif
