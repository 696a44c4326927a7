// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/chunks.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/diagnostics/detail/caught.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/strategies/detail/size_class.hpp>

#include "core/upstream_shield.hpp"

namespace strata::detail {

// glibc maps and unmaps larger chunks at each call. A pool takes those only once it is so large
// that fewer chunks matter more.
static constexpr std::size_t usual_chunk = 65536;

// Readers of the two addresses get them with no other data.
static constexpr auto relaxed = std::memory_order_relaxed;

bool chunks::holds(const void* address) const noexcept {
    for (chunk* each = first_; each != nullptr; each = each->next_chunk()) {
        if (each->holds(address)) {
            return true;
        }
    }
    return false;
}

// --- growing ----------------------------------------------------------------------------------

// Other size classes may use a gap of so many bytes.
static constexpr std::size_t short_gap = 256;

layout chunks::next_for(std::size_t block_size) const noexcept {
    std::size_t grown = std::max(std::min(2 * bytes_, usual_chunk), bytes_ / 16);
    grown = std::max(grown, growth_.first);
    if (learnt_) [[unlikely]] {
        grown = learnt_or(grown);
    }
    constexpr std::size_t unit = alignof(std::max_align_t);
    std::size_t size = std::min(grown, growth_.largest) & (0 - unit);
    size = std::max(size, round_up(block_size + sizeof(chunk), unit));
    std::size_t alignment = std::max(alignment_of_run(block_size), unit);
    std::size_t most_bytes = 0;  // of blocks; a product is quicker than a quotient
    if (!__builtin_mul_overflow(growth_.max_blocks, block_size, &most_bytes) &&
        most_bytes <= size - sizeof(chunk)) {
        // Not rounded up: that might make room for one more block.
        size = most_bytes + sizeof(chunk);
    } else if (alignment <= std::min(size - sizeof(chunk) - block_size,
                                     alignment <= short_gap ? size / 4 : size / 16)) {
        // Runs are then aligned inside the chunk. The gap is cheaper than an aligned malloc.
        alignment = unit;
    }
    return {size, alignment};
}

piece chunks::add(void* memory, layout as) noexcept {
    auto* begin = static_cast<std::byte*>(memory);
    std::byte* end = begin + as.size - sizeof(chunk);
    poison(begin, as.size - sizeof(chunk));
    announce(end, sizeof(chunk));
    first_ = ::new (end) chunk{{first_}, as.size, as.alignment, 0, 0};
    bytes_ += as.size;
    const auto first = reinterpret_cast<std::uintptr_t>(begin);
    const auto last = reinterpret_cast<std::uintptr_t>(end);
    below_.store(std::min(below_.load(relaxed), first - 1), relaxed);
    highest_.store(std::max(highest_.load(relaxed), last), relaxed);
    return std::exchange(window_, {begin, first_->end(), first_});
}

piece chunks::take(std::size_t block_size) {
    if (is_next_learnt()) [[unlikely]] {
        const layout learnt = next_for(block_size);
        void* const memory = null_if_no_memory(
            [&] { return allocate_from(*upstream_, learnt.size, learnt.alignment); });
        if (memory != nullptr) {
            return add(memory, learnt);
        }
        forget_learnt();
    }
    const layout wanted = next_for(block_size);
    return add(allocate_from(*upstream_, wanted.size, wanted.alignment), wanted);
}

// --- learning ---------------------------------------------------------------------------------

// What a first chunk that was learnt lacks is a part of it, if anything.
std::size_t chunks::learnt_or(std::size_t grown) const noexcept {
    if (bytes_ == 0) {
        return learnt_.size();
    }
    return learnt_.is_more_than_usual() ? std::max(bytes_ / 8, growth_.first) : grown;
}

// The size of one chunk in place of all: of the newest, up to the window; of the others, what was
// given to size classes. Rounded up, as `next_for` rounds down.
std::size_t chunks::needed_bytes() const noexcept {
    std::size_t bytes = sizeof(chunk);
    for (chunk* each = first_; each != nullptr; each = each->next_chunk()) {
        bytes += each == window_.in ? static_cast<std::size_t>(window_.begin - each->begin())
                                    : each->used_bytes;
    }
    return round_up(bytes, alignof(std::max_align_t));
}

// --- giving back ------------------------------------------------------------------------------

chunk* chunks::remove_all() noexcept {
    note_need();
    window_ = {};
    below_.store(UINTPTR_MAX, relaxed);
    highest_.store(0, relaxed);
    bytes_ = 0;
    return std::exchange(first_, nullptr);
}

std::size_t chunks::give_back(chunk* removed) const noexcept {
    std::size_t bytes = 0;
    if (removed == nullptr) {
        return bytes;
    }
    const upstream_shield here{upstream_};
    while (removed != nullptr) {
        const std::size_t size = removed->size;
        const std::size_t alignment = removed->alignment;
        std::byte* begin = removed->begin();
        removed = removed->next_chunk();
        bytes += size;
        guard_.let_go(begin, size);
        upstream_->deallocate(begin, size, alignment);
    }
    return bytes;
}

// Chunks and free blocks are sorted by address and walked together: that finds the chunk of each
// block without an index.
void chunks::start_trim() noexcept {
    note_need();
    first_ = static_cast<chunk*>(sort_by_address(first_));
    for (chunk* each = first_; each != nullptr; each = each->next_chunk()) {
        each->free_bytes = 0;
    }
}

chunk* chunks::find(const void* address, chunk* from) noexcept {
    while (!from->holds(address)) {
        from = from->next_chunk();
    }
    return from;
}

void chunks::count_free(const void* begin, std::size_t bytes) noexcept {
    find(begin, first_)->free_bytes += bytes;
}

free_list chunks::count_free(free_list blocks, std::size_t block_size) noexcept {
    link* const sorted = sort_by_address(blocks.first);
    chunk* in = first_;
    for (const link* block = sorted; block != nullptr; block = next_of(block)) {
        in = find(block, in);
        in->free_bytes += block_size;
    }
    return {sorted};
}

bool chunks::is_free(const void* address) const noexcept {
    return find(address, first_)->is_free();
}

std::size_t chunks::drop_free(free_list& sorted) const noexcept {
    std::size_t dropped = 0;
    link kept{};
    link* last = &kept;
    chunk* in = first_;
    for (link* block = sorted.first; block != nullptr; block = next_of(block)) {
        in = find(block, in);
        if (in->is_free()) {
            ++dropped;
        } else {
            set_next(last, block);
            last = block;
        }
    }
    set_next(last, nullptr);
    sorted.first = kept.next;
    return dropped;
}

chunk* chunks::remove_free() noexcept {
    if (window_.in != nullptr && window_.in->is_free()) {
        window_ = {};
    }
    chunk* removed = nullptr;
    link kept{};
    link* last = &kept;
    while (first_ != nullptr) {
        chunk* each = std::exchange(first_, first_->next_chunk());
        if (each->is_free()) {
            bytes_ -= each->size;
            each->next = std::exchange(removed, each);
        } else {
            last = last->next = each;
        }
    }
    last->next = nullptr;
    first_ = static_cast<chunk*>(kept.next);
    return removed;
}

}  // namespace strata::detail
