// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/chunks.hpp>

#include <algorithm>
#include <functional>
#include <new>
#include <utility>

#include <strata/core/poison.hpp>
#include <strata/strategies/detail/size_class.hpp>

#include "rounded.hpp"

namespace strata::detail {

// Stands at the end of its chunk, so that the chunk's start has the alignment that was asked for.
struct chunk : link {
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;
    std::size_t used_bytes;
    std::size_t free_bytes;  // of these; known during a trim alone

    [[nodiscard]] chunk* next_chunk() const noexcept { return static_cast<chunk*>(next); }
    [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this); }
    [[nodiscard]] std::byte* begin() noexcept { return end() + sizeof(chunk) - size; }
    [[nodiscard]] bool holds(const void* address) noexcept {
        return std::less_equal<>{}(begin(), address) && std::less<>{}(address, end());
    }
    [[nodiscard]] bool is_free() const noexcept { return free_bytes == used_bytes; }
};

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

std::size_t chunks::alignment_of_run(std::size_t block_size) const noexcept {
    return std::max(alignment_of_class_size(block_size), run_alignment_);
}

bool chunks::has_room_for(std::size_t block_size) const noexcept {
    const std::byte* begin = rounded(window_.begin, alignment_of_run(block_size));
    const auto gap_bytes = static_cast<std::size_t>(begin - window_.begin);
    return gap_bytes < window_.bytes() && block_size <= window_.bytes() - gap_bytes;
}

piece chunks::take(std::size_t block_size) {
    const std::size_t grown = std::max(std::min(bytes_, usual_chunk), bytes_ / 16);
    std::size_t size = std::min(std::max(grown, growth_.first), growth_.largest);
    size = rounded(std::max(size, block_size + sizeof(chunk)), alignof(std::max_align_t));
    if (growth_.max_blocks <= size / block_size) {
        // Not rounded: that might make room for one block more.
        size = growth_.max_blocks * block_size + sizeof(chunk);
    }
    const std::size_t alignment = std::max(alignment_of_run(block_size), alignof(std::max_align_t));
    auto* begin = static_cast<std::byte*>(upstream_->allocate(size, alignment));
    first_ = ::new (begin + size - sizeof(chunk)) chunk{{first_}, size, alignment, 0, 0};
    bytes_ += size;
    poison(begin, size - sizeof(chunk));
    return std::exchange(window_, {begin, first_->end(), first_});
}

run chunks::cut(std::size_t block_size, std::size_t most_blocks, piece& gap) noexcept {
    std::byte* begin = rounded(window_.begin, alignment_of_run(block_size));
    const auto room = static_cast<std::size_t>(window_.end - begin);
    // Few at first, so that many classes share the first chunks.
    const std::size_t bytes = std::min(room, std::max(bytes_ / 8, block_size));
    std::size_t blocks = most_blocks;
    if (block_size * most_blocks > bytes) {
        blocks = bytes / block_size;
    }
    gap = {window_.begin, begin, window_.in};
    window_.begin = begin + blocks * block_size;
    return {begin, blocks, window_.in};
}

void chunks::use(chunk* in, std::size_t bytes) noexcept {
    in->used_bytes += bytes;
}

// --- giving back ------------------------------------------------------------------------------

void chunks::release() noexcept {
    while (first_ != nullptr) {
        give_back(std::exchange(first_, first_->next_chunk()));
    }
    window_ = {};
}

void chunks::give_back(chunk* freed) noexcept {
    const std::size_t size = freed->size;
    std::byte* begin = freed->begin();
    bytes_ -= size;
    unpoison(begin, size);
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
