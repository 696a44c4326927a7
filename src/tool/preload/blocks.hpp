// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_PRELOAD_BLOCKS_HPP
#define STRATA_TOOL_PRELOAD_BLOCKS_HPP

#include <cstddef>

// The blocks that the malloc family hands out, each with a header before it that names the
// resource, the size and the alignment: a `free` is told none of these.
namespace strata::tool::blocks {

inline constexpr std::size_t usual_alignment = alignof(std::max_align_t);

/// Null, with `errno` set to ENOMEM, if the strategy has no memory. The alignment must be a power
/// of two. The strategy is made at the first call.
[[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = usual_alignment) noexcept;

/// Gives a block back; a pointer that is no live block is a misuse.
void deallocate(void* block) noexcept;

/// The size that the block was asked for or last resized to.
[[nodiscard]] std::size_t size(const void* block) noexcept;

/// Whether the block has the new size now, where it is. A pointer that is no live block is a
/// misuse.
[[nodiscard]] bool resize(void* block, std::size_t size) noexcept;

}  // namespace strata::tool::blocks

#endif
