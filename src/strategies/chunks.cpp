// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/chunks.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/detail/shield.hpp>
#include <strata/core/poison.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

// Chunks stay below what glibc maps and unmaps at each call until the pool is so large that their
// number matters more.
static constexpr std::size_t usual_chunk = 65536;

bool chunks::holds(const void* address) const noexcept {
    for (chunk* each = first_; each != nullptr; each = each->next_chunk()) {
        if (each->holds(address)) {
            return true;
        }
    }
    return false;
}

// --- growing ----------------------------------------------------------------------------------

piece chunks::take(std::size_t block_size) {
    const std::size_t grown = std::max(std::min(2 * bytes_, usual_chunk), bytes_ / 16);
    constexpr std::size_t unit = alignof(std::max_align_t);
    std::size_t size = std::min(std::max(grown, growth_.first), growth_.largest) & (0 - unit);
    size = std::max(size, rounded(block_size + sizeof(chunk), unit));
    std::size_t alignment = std::max(alignment_of_run(block_size), unit);
    if (growth_.max_blocks <= (size - sizeof(chunk)) / block_size) {
        // Not rounded: that might make room for one block more.
        size = growth_.max_blocks * block_size + sizeof(chunk);
    } else if (alignment <= std::min(size - sizeof(chunk) - block_size, size / 16)) {
        // Aligned inside, which leaves a gap, but is cheaper than asking malloc for it.
        alignment = unit;
    }
    auto* begin = static_cast<std::byte*>(allocate_from(*upstream_, size, alignment));
    std::byte* end = begin + size - sizeof(chunk);
    poison(begin, size - sizeof(chunk));
    announce(end, sizeof(chunk));
    first_ = ::new (end) chunk{{first_}, size, alignment, 0, 0};
    bytes_ += size;
    below_ = std::min(below_.load(), reinterpret_cast<std::uintptr_t>(begin) - 1);
    highest_ = std::max(highest_.load(), reinterpret_cast<std::uintptr_t>(end));
    return std::exchange(window_, {begin, first_->end(), first_});
}

// --- giving back ------------------------------------------------------------------------------

void chunks::release() noexcept {
    while (first_ != nullptr) {
        give_back(std::exchange(first_, first_->next_chunk()));
    }
    window_ = {};
    below_ = UINTPTR_MAX;
    highest_ = 0;
}

void chunks::give_back(chunk* freed) noexcept {
    const shield here;  // the upstream may do what cancels a thread
    const std::size_t size = freed->size;
    std::byte* begin = freed->begin();
    bytes_ -= size;
    guard_.let_go(begin, size);
    upstream_->deallocate(begin, size, freed->alignment);
}

// Chunks and free blocks are sorted by address and walked together, so that no index is needed to
// tell which chunk a block is in.
void chunks::start_trim() noexcept {
    first_ = static_cast<chunk*>(sort_by_address(first_));
    for (chunk* each = first_; each != nullptr; each = each->next_chunk()) {
        each->free_bytes = 0;
    }
}

chunk* chunks::find(const void* address, chunk* from) const noexcept {
    chunk* in = from == nullptr ? first_ : from;
    while (!in->holds(address)) {
        in = in->next_chunk();
    }
    return in;
}

void chunks::count_free(const void* begin, std::size_t bytes, chunk*& from) noexcept {
    from = find(begin, from);
    from->free_bytes += bytes;
}

bool chunks::is_free(const void* address, chunk*& from) const noexcept {
    from = find(address, from);
    return from->is_free();
}

std::size_t chunks::finish_trim() noexcept {
    const std::size_t before = bytes_;
    if (window_.in != nullptr && window_.in->is_free()) {
        window_ = {};
    }
    link kept{};
    link* last = &kept;
    while (first_ != nullptr) {
        chunk* each = std::exchange(first_, first_->next_chunk());
        if (each->is_free()) {
            give_back(each);
        } else {
            last = last->next = each;
        }
    }
    last->next = nullptr;
    first_ = static_cast<chunk*>(kept.next);
    return before - bytes_;
}

}  // namespace strata::detail
