// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/large_blocks.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/shield.hpp>
#include <strata/core/poison.hpp>
#include <strata/strategies/detail/rounded.hpp>

namespace strata::detail {

// Stands behind its block, where deallocate finds it by the block's size, in poisoned memory: a
// block that overflows would be written there.
struct large_block {
    large_block* newer;
    large_block* older;
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;
};

STRATA_TOUCHES_POISON void* large_blocks::allocate(std::size_t bytes, std::size_t alignment) {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
    if (bytes > most - sizeof(large_block) - alignof(large_block)) {
        throw std::bad_alloc{};
    }
    const std::size_t offset = rounded(bytes, alignof(large_block));
    const std::size_t size = offset + sizeof(large_block);
    const std::size_t stricter = std::max(alignment, alignof(large_block));
    auto* block = static_cast<std::byte*>(allocate_from(*upstream_, size, stricter));
    const among_poison here{guard_.is_watching()};
    poison(block, size);
    auto* header = ::new (block + offset) large_block{nullptr, newest_, size, stricter};
    if (newest_ != nullptr) {
        newest_->newer = header;
    }
    newest_ = header;
    bytes_ += size;
    ++count_;
    peak_bytes_ = std::max(peak_bytes_, bytes_);
    return block;
}

STRATA_TOUCHES_POISON bool large_blocks::may_free(void* block, std::size_t bytes) const noexcept {
    const among_poison here{guard_.is_watching()};
    const std::byte* begin = static_cast<std::byte*>(block);
    const auto* header =
        reinterpret_cast<const large_block*>(begin + rounded(bytes, alignof(large_block)));
    return header->size == rounded(bytes, alignof(large_block)) + sizeof(large_block);
}

STRATA_TOUCHES_POISON void large_blocks::deallocate(void* block, std::size_t bytes) noexcept {
    const among_poison here{guard_.is_watching()};
    const std::size_t offset = rounded(bytes, alignof(large_block));
    auto* freed = reinterpret_cast<large_block*>(static_cast<std::byte*>(block) + offset);
    (freed->newer == nullptr ? newest_ : freed->newer->older) = freed->older;
    if (freed->older != nullptr) {
        freed->older->newer = freed->newer;
    }
    give_back(freed);
}

STRATA_TOUCHES_POISON void large_blocks::release() noexcept {
    const among_poison here{guard_.is_watching()};
    while (newest_ != nullptr) {
        large_block* const freed = newest_;
        newest_ = freed->older;
        give_back(freed);
    }
}

STRATA_TOUCHES_POISON void large_blocks::give_back(large_block* freed) noexcept {
    const shield here;  // the upstream may do what cancels a thread
    const std::size_t size = freed->size;
    const std::size_t alignment = freed->alignment;
    std::byte* begin = reinterpret_cast<std::byte*>(freed + 1) - size;
    bytes_ -= size;
    --count_;
    guard_.let_go(begin, size);
    upstream_->deallocate(begin, size, alignment);
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
