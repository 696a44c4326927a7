// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_PRELOAD_BLOCKS_HPP
#define STRATA_TOOL_PRELOAD_BLOCKS_HPP

#include <cstddef>

#include <strata/compose/strategy.hpp>
#include <strata/core/layout.hpp>
#include <strata/interop/detail/global_headed_blocks.hpp>

// The blocks that the malloc family hands out, each with a header before it that names the
// resource, the size and the alignment: a `free` is told none of these.
namespace strata::tool::blocks {

inline constexpr std::size_t usual_alignment = alignof(std::max_align_t);

/// The strategy that the environment names.
[[nodiscard]] built_strategy make_strategy();

using headed = global::detail::headed_blocks<&make_strategy>;

/// Null if the fast path cannot serve it.
[[nodiscard, gnu::always_inline]] inline void* allocate_quickly(layout asked) noexcept {
    return headed::take_quickly(asked);
}
[[nodiscard]] void* allocate_slowly(layout asked) noexcept;
void deallocate_slowly(void* block) noexcept;

/// Null, with `errno` set to ENOMEM, if the strategy has no memory. The alignment must be a power
/// of two. The strategy is made at the first call.
[[nodiscard, gnu::always_inline]] inline void* allocate(
    std::size_t size, std::size_t alignment = usual_alignment) noexcept {
    void* const block = allocate_quickly({size, alignment});
    return block != nullptr ? block : allocate_slowly({size, alignment});
}

/// Gives a block back, and keeps `errno`. A pointer that is no live block is a misuse.
[[gnu::always_inline]] inline void deallocate(void* block) noexcept {
    if (!headed::give_back_quickly(block, usual_alignment)) [[unlikely]] {
        deallocate_slowly(block);
    }
}

/// The size that the block was asked for or last resized to.
[[nodiscard]] std::size_t size(const void* block) noexcept;

/// Whether the block has the new size now, where it is. A pointer that is no live block is a
/// misuse.
[[nodiscard]] bool resize(void* block, std::size_t size) noexcept;

}  // namespace strata::tool::blocks

#endif
