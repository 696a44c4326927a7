// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_ANNOUNCED_BLOCKS_HPP
#define STRATA_SRC_CORE_ANNOUNCED_BLOCKS_HPP

#include <cstddef>

/// The blocks announced to memcheck, of which no two may overlap. In a stack of resources, a layer
/// divides blocks of the layer below: when it begins to, the larger block is withdrawn.
namespace strata::detail::announced_blocks {

void add(const void* block, std::size_t bytes) noexcept;

/// Changes the size of a block that was added and not withdrawn.
void resize(const void* block, std::size_t before, std::size_t after) noexcept;

/// Withdraws all blocks that overlap these bytes. The rest of such a block stays accessible.
void withdraw(const void* begin, std::size_t bytes) noexcept;

}  // namespace strata::detail::announced_blocks

#endif
