// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_MEMORY_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_MEMORY_HPP

#include <cstddef>
#include <memory_resource>
#include <span>

#include <strata/adaptors/debug_options.hpp>
#include <strata/core/layout.hpp>

#include "debug_fill.hpp"

namespace strata::detail {

/// A block and what surrounds it, from the front: padding, a fence, the block, a fence. With guard
/// pages the padding is pages without access, and one more such page follows the second fence.
struct fenced_block {
    std::byte* begin;
    std::size_t bytes;
    std::size_t padding;
    std::size_t front_bytes;  // of the fences
    std::size_t back_bytes;
    std::size_t guard_bytes;  // of the page at the end

    [[nodiscard]] std::span<std::byte> front() const noexcept {
        return {begin - front_bytes, front_bytes};
    }
    [[nodiscard]] std::span<std::byte> inside() const noexcept { return {begin, bytes}; }
    [[nodiscard]] std::span<std::byte> back() const noexcept { return {begin + bytes, back_bytes}; }
    [[nodiscard]] std::span<std::byte> with_fences() const noexcept {
        return {begin - front_bytes, fenced_bytes()};
    }
    [[nodiscard]] std::span<std::byte> whole() const noexcept {
        return {begin - front_bytes - padding, whole_bytes()};
    }
    [[nodiscard]] std::size_t fenced_bytes() const noexcept {
        return front_bytes + bytes + back_bytes;
    }
    [[nodiscard]] std::size_t whole_bytes() const noexcept {
        return padding + fenced_bytes() + guard_bytes;
    }
};

/// Takes memory for blocks and puts fences around them: memory of the upstream or, with guard
/// pages, of the system. Tells AddressSanitizer and memcheck what the program may access.
class debug_memory {
public:
    debug_memory(const debug& options, std::pmr::memory_resource& upstream) noexcept
        : options_{options},
          upstream_{upstream} {}

    /// A block in which nothing is written yet. Throws `std::bad_alloc` if the size is too large,
    /// and whatever the upstream throws.
    [[nodiscard]] std::byte* take(layout wanted) const;
    /// Fills the block and its fences, and hides the fences.
    void prepare(const fenced_block& block) const noexcept;
    /// Resizes a block in place, and moves the fence behind it. Returns false and changes nothing
    /// if the upstream cannot do that, or with guard pages.
    [[nodiscard]] bool try_expand(std::byte* begin, layout as, std::size_t bytes) const noexcept;
    void give_back(std::byte* begin, layout as) const noexcept;

    [[nodiscard]] fenced_block around(std::byte* begin, layout as) const noexcept;

    /// The fill of freed memory, and the fill of fences.
    [[nodiscard]] debug_fill freed_fill(const std::byte* begin) const noexcept {
        return options_.freed_fill ? debug_fill{*options_.freed_fill} : debug_fill::naming(begin);
    }
    [[nodiscard]] debug_fill fence_fill() const noexcept { return debug_fill{options_.fence_fill}; }

    /// Makes a block readable with its fences, or without them, or not at all.
    void expose(const fenced_block& block) const noexcept;
    void hide_fences(const fenced_block& block) const noexcept;
    void hide(const fenced_block& block) const noexcept;

    /// Fills a freed block, or takes all access from it if it is between guard pages.
    void retire(const fenced_block& block) const noexcept;

    [[nodiscard]] std::pmr::memory_resource& upstream() const noexcept { return upstream_; }

private:
    [[nodiscard]] bool has_guard_pages() const noexcept {
        return options_.guard != guard_page::none;
    }
    [[nodiscard]] std::byte* take_pages(const fenced_block& shape, std::size_t alignment) const;

    const debug& options_;
    std::pmr::memory_resource& upstream_;
};

}  // namespace strata::detail

#endif
