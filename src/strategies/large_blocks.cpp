// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/large_blocks.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include <strata/strategies/detail/rounded.hpp>

namespace strata::detail {

// Stands behind its block, where deallocate finds it by the block's size.
struct large_block {
    large_block* newer;
    large_block* older;
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;

    [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this); }
    [[nodiscard]] std::byte* begin() noexcept { return end() + sizeof(large_block) - size; }
};

void* large_blocks::allocate(std::size_t bytes, std::size_t alignment) {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
    if (bytes > most - sizeof(large_block) - alignof(large_block)) {
        throw std::bad_alloc{};
    }
    const std::size_t offset = rounded(bytes, alignof(large_block));
    const std::size_t size = offset + sizeof(large_block);
    const std::size_t stricter = std::max(alignment, alignof(large_block));
    auto* block = static_cast<std::byte*>(upstream_->allocate(size, stricter));
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

void large_blocks::deallocate(void* block, std::size_t bytes) noexcept {
    const std::size_t offset = rounded(bytes, alignof(large_block));
    auto* freed = reinterpret_cast<large_block*>(static_cast<std::byte*>(block) + offset);
    (freed->newer == nullptr ? newest_ : freed->newer->older) = freed->older;
    if (freed->older != nullptr) {
        freed->older->newer = freed->newer;
    }
    give_back(freed);
}

void large_blocks::release() noexcept {
    while (newest_ != nullptr) {
        give_back(std::exchange(newest_, newest_->older));
    }
}

void large_blocks::give_back(large_block* freed) noexcept {
    bytes_ -= freed->size;
    --count_;
    upstream_->deallocate(freed->begin(), freed->size, freed->alignment);
}

bool large_blocks::hold(const void* block) const noexcept {
    for (large_block* each = newest_; each != nullptr; each = each->older) {
        if (each->begin() == block) {
            return true;
        }
    }
    return false;
}

}  // namespace strata::detail
