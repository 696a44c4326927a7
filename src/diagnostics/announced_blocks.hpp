// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_ANNOUNCED_BLOCKS_HPP
#define STRATA_SRC_CORE_ANNOUNCED_BLOCKS_HPP

#include <cstddef>

/// The blocks that memcheck was told of. It does not stand two of them that overlap, so where
/// resources are stacked only the innermost are announced: as one begins to carve what another
/// served, that block is withdrawn.
namespace strata::detail::announced_blocks {

void add(const void* block, std::size_t bytes) noexcept;

/// A block that was added, and not withdrawn, has another size from now on.
void resize(const void* block, std::size_t before, std::size_t after) noexcept;

/// Those that overlap these bytes are no blocks any more. What is outside of them stays accessible.
void withdraw(const void* begin, std::size_t bytes) noexcept;

}  // namespace strata::detail::announced_blocks

#endif
