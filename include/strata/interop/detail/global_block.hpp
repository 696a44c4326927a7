// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_BLOCK_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_BLOCK_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include <strata/core/layout.hpp>

namespace strata::global::detail {

/// The header before a block of operator new: which resource served it, and its layout. The last
/// byte of the header is the same in all live blocks. A write right before the block changes it.
class block_header {
public:
    block_header(std::pmr::memory_resource* owner, layout asked) noexcept
        : owner_{owner},
          word_{word_without_size(asked.alignment) | asked.size} {}

    [[nodiscard]] std::pmr::memory_resource* owner() const noexcept { return owner_; }
    [[nodiscard]] std::size_t size() const noexcept { return word_ & most_bytes; }
    [[nodiscard]] std::size_t alignment() const noexcept {
        return std::size_t{1} << ((word_ >> 46) & 63);
    }

    [[nodiscard]] bool is_of_live() const noexcept { return is_of_live(alignment()); }
    /// Whether a live block of this alignment follows.
    [[nodiscard]] bool is_of_live(std::size_t alignment) const noexcept {
        return (word_ & ~most_bytes) == word_without_size(alignment);
    }
    /// Whether a live block of this layout follows.
    [[nodiscard]] bool is_of_live(layout asked) const noexcept {
        return word_ == (word_without_size(asked.alignment) | asked.size);
    }
    [[nodiscard]] bool is_of_freed() const noexcept { return word_ == freed; }
    void strike() noexcept { word_ = freed; }

    /// No block is larger: 64 TiB, half of the address space of an x86-64 program.
    static constexpr std::size_t most_bytes = (std::size_t{1} << 46) - 1;

    /// The distance from the start of the resource's block to the program's.
    [[nodiscard]] static constexpr std::size_t offset(std::size_t alignment) noexcept {
        return std::max(alignment, sizeof(block_header));
    }
    [[nodiscard]] static block_header& of(void* block) noexcept {
        return *(static_cast<block_header*>(block) - 1);
    }

private:
    // From the top: 12 bits that mark a live block, 6 for its alignment, 46 for its size.
    static constexpr std::uint64_t live = std::uint64_t{0xB1C} << 52;
    static constexpr std::uint64_t freed = 0xDEAD;

    [[nodiscard]] static constexpr std::uint64_t word_without_size(std::size_t alignment) noexcept {
        return live | static_cast<std::uint64_t>(std::countr_zero(alignment)) << 46;
    }

    std::pmr::memory_resource* owner_;
    std::uint64_t word_;
};
static_assert(sizeof(block_header) == 16);

}  // namespace strata::global::detail

#endif
