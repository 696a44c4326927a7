// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_STRATEGIES_POOL_OPTIONS_HPP
#define STRATA_SRC_STRATEGIES_POOL_OPTIONS_HPP

#include <algorithm>
#include <cstddef>
#include <limits>

#include <strata/core/label.hpp>
#include <strata/core/option_list.hpp>
#include <strata/strategies/detail/chunk_options.hpp>
#include <strata/strategies/detail/chunks.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

// What the descriptions of pools have in common. A 0 counts as 1.

constexpr std::size_t between_1_and(std::size_t most, std::size_t value) noexcept {
    return std::min(std::max<std::size_t>(value, 1), most);
}

/// Of a pool whose smallest blocks have so many bytes: no chunk has room for more of them.
template <class Description>
chunk_growth growth_of(const Description& description, std::size_t smallest_block) noexcept {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / 2;
    const std::size_t largest = between_1_and(most, description.largest_chunk);
    return {.first = between_1_and(most, description.first_chunk),
            .largest = largest,
            .max_blocks = between_1_and(std::max<std::size_t>(largest / smallest_block, 1),
                                        description.max_blocks_per_chunk)};
}

/// Reaches below it have a size class.
template <class Description>
std::size_t limit_of(const Description& description) noexcept {
    const std::size_t largest = between_1_and(largest_class_size, description.largest_block);
    return size_of_class(size_class_of(largest - 1));
}

template <class Description>
pool_options_in_force<Description> options_in_force(const chunk_growth& growth, std::size_t limit,
                                                    bool hardened, const label& name) noexcept {
    return {Description{.largest_block = limit,
                        .max_blocks_per_chunk = growth.max_blocks,
                        .first_chunk = growth.first,
                        .largest_chunk = growth.largest,
                        .hardened = hardened,
                        .name = name},
            limit};
}

/// Adds what is in force and differs from the defaults. How many blocks a chunk has at most follows
/// from its size: it is listed where fewer are asked for.
template <class Description>
void list_pool_options(option_list& to, const Description& in_force, std::size_t smallest_block) {
    Description same_chunks;
    same_chunks.largest_chunk = in_force.largest_chunk;
    Description usual;
    usual.largest_block = limit_of(usual);
    usual.max_blocks_per_chunk = growth_of(same_chunks, smallest_block).max_blocks;
    to.add(in_force, usual);
}

}  // namespace strata::detail

#endif
