// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/large_blocks.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/strategies/detail/rounded.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

// Stands behind its block, where deallocate finds it by the block's size, in poisoned memory: a
// block that overflows would be written there.
struct large_block {
    large_block* newer;
    large_block* older;
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;
};

std::size_t large_blocks::room_for(std::size_t bytes) noexcept {
    return rounded(std::max<std::size_t>(bytes, 1), alignof(large_block));
}

// The size of a block with the header behind it; 0 where no block can be so large.
static std::size_t whole_size(std::size_t bytes) noexcept {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
    return bytes > most - sizeof(large_block) - alignof(large_block)
               ? 0
               : large_blocks::room_for(bytes) + sizeof(large_block);
}

layout large_blocks::whole(std::size_t bytes, std::size_t alignment) {
    const std::size_t size = whole_size(bytes);
    if (size == 0) {
        raise_no_memory();
    }
    return {size, std::max(alignment, alignof(large_block))};
}

void large_blocks::add(void* block, std::size_t bytes, layout as) noexcept {
    poison(block, as.size);
    link(block, bytes, as);
}

void large_blocks::add_again(void* block, std::size_t bytes, layout as) noexcept {
    poison(static_cast<std::byte*>(block) + bytes, as.size - bytes);
    link(block, bytes, as);
}

STRATA_TOUCHES_POISON void large_blocks::link(void* block, std::size_t bytes, layout as) noexcept {
    const among_poison here{guard_.is_watching()};
    std::byte* const behind = static_cast<std::byte*>(block) + room_for(bytes);
    auto* header = ::new (behind) large_block{nullptr, newest_, as.size, as.alignment};
    if (newest_ != nullptr) {
        newest_->newer = header;
    }
    newest_ = header;
    bytes_ += as.size;
    ++count_;
    peak_bytes_ = std::max(peak_bytes_, bytes_);
}

void* large_blocks::allocate(std::size_t bytes, std::size_t alignment) {
    const layout wanted = whole(bytes, alignment);
    void* const block = allocate_from(*upstream_, wanted.size, wanted.alignment);
    add(block, bytes, wanted);
    return block;
}

STRATA_TOUCHES_POISON bool large_blocks::may_free(void* block, std::size_t bytes) const noexcept {
    const among_poison here{guard_.is_watching()};
    const std::byte* begin = static_cast<std::byte*>(block);
    const auto* header =
        reinterpret_cast<const large_block*>(begin + room_for(bytes));
    return header->size == room_for(bytes) + sizeof(large_block);
}

STRATA_TOUCHES_POISON layout large_blocks::remove(void* block, std::size_t bytes) noexcept {
    const among_poison here{guard_.is_watching()};
    const std::size_t offset = room_for(bytes);
    auto* freed = reinterpret_cast<large_block*>(static_cast<std::byte*>(block) + offset);
    (freed->newer == nullptr ? newest_ : freed->newer->older) = freed->older;
    if (freed->older != nullptr) {
        freed->older->newer = freed->newer;
    }
    bytes_ -= freed->size;
    --count_;
    return {freed->size, freed->alignment};
}

void large_blocks::deallocate(void* block, std::size_t bytes) noexcept {
    const layout whole = remove(block, bytes);
    const shield here;  // the upstream may do what cancels a thread
    guard_.let_go(block, whole.size);
    upstream_->deallocate(block, whole.size, whole.alignment);
}

layout large_blocks::resized(layout whole, std::size_t bytes) noexcept {
    return {whole_size(bytes), whole.alignment};
}

void large_blocks::expose(void* block, std::size_t bytes, layout as) noexcept {
    unpoison(static_cast<std::byte*>(block) + bytes, as.size - bytes);
}

bool large_blocks::try_expand(void* block, layout as, std::size_t bytes) noexcept {
    const layout had = remove(block, as.size);
    const layout wanted = resized(had, bytes);
    expose(block, as.size, had);
    if (wanted.size == 0 || !strata::try_expand(*upstream_, block, had, wanted.size)) {
        add_again(block, as.size, had);
        return false;
    }
    guard_.resized(block, as, bytes, wanted.size);
    add_again(block, bytes, wanted);
    return true;
}

large_block* large_blocks::remove_all() noexcept {
    bytes_ = 0;
    count_ = 0;
    return std::exchange(newest_, nullptr);
}

STRATA_TOUCHES_POISON void large_blocks::give_back(large_block* removed) const noexcept {
    const among_poison here{guard_.is_watching()};
    while (removed != nullptr) {
        const std::size_t size = removed->size;
        const std::size_t alignment = removed->alignment;
        std::byte* begin = reinterpret_cast<std::byte*>(removed + 1) - size;
        removed = removed->older;
        const shield shielded;
        guard_.let_go(begin, size);
        upstream_->deallocate(begin, size, alignment);
    }
}

STRATA_TOUCHES_POISON bool large_blocks::hold(const void* block) const noexcept {
    const among_poison here{guard_.is_watching()};
    for (large_block* each = newest_; each != nullptr; each = each->older) {
        if (reinterpret_cast<std::byte*>(each + 1) - each->size == block) {
            return true;
        }
    }
    return false;
}

}  // namespace strata::detail
