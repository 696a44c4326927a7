// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_CHUNKS_HPP
#define STRATA_STRATEGIES_DETAIL_CHUNKS_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>

#include <strata/core/detail/guard.hpp>
#include <strata/core/layout.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/strategies/detail/free_list.hpp>
#include <strata/strategies/detail/learnt_size.hpp>
#include <strata/strategies/detail/link.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

/// How chunks grow. Sizes are in bytes; no number is 0.
struct chunk_growth {
    std::size_t first;       // the size of the first chunk
    std::size_t largest;     // the size of the largest chunk, unless a single block needs more
    std::size_t max_blocks;  // the most blocks in a chunk, of the size that it is taken for
};

/// The header of a chunk. It is at the chunk's end, so that the chunk's start has the alignment
/// that was asked for.
struct chunk : link {
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;
    std::size_t used_bytes;
    std::size_t free_bytes;  // of the used bytes; known only during a trim

    [[nodiscard]] chunk* next_chunk() const noexcept { return static_cast<chunk*>(next); }
    [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this); }
    [[nodiscard]] std::byte* begin() noexcept { return end() + sizeof(chunk) - size; }
    [[nodiscard]] bool holds(const void* address) noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        return at >= reinterpret_cast<std::uintptr_t>(begin()) &&
               at < reinterpret_cast<std::uintptr_t>(end());
    }
    [[nodiscard]] bool is_free() const noexcept { return free_bytes == used_bytes; }
};

/// A part of a chunk.
struct piece {
    std::byte* begin;
    std::byte* end;
    chunk* in;

    [[nodiscard]] std::size_t bytes() const noexcept {
        return static_cast<std::size_t>(end - begin);
    }
};

/// Neighbouring blocks of one size.
struct run {
    std::byte* begin;
    std::size_t blocks;
    chunk* in;
};

/// The chunks that a pool takes from its upstream. The newest is cut into runs of blocks of one
/// size; its rest is the window. Memory is poisoned until the pool serves it.
class chunks {
public:
    /// Runs have at least the alignment of their blocks and `run_alignment`. The pool's guard is
    /// told which memory returns to the upstream.
    chunks(std::pmr::memory_resource* upstream, const chunk_growth& growth, guard& of_pool,
           std::size_t run_alignment = 1) noexcept
        : upstream_{upstream},
          growth_{growth},
          guard_{of_pool},
          run_alignment_{run_alignment} {}
    chunks(const chunks&) = delete;
    chunks& operator=(const chunks&) = delete;
    ~chunks() {
        note_need();
        (void)give_back(first_);
    }

    [[nodiscard]] std::pmr::memory_resource* upstream() const noexcept { return upstream_; }
    [[nodiscard]] const chunk_growth& growth() const noexcept { return growth_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool holds(const void* address) const noexcept;
    /// Whether a block of the pool can be at the address. Looks only at the lowest and highest
    /// address of all chunks.
    [[nodiscard]] bool may_hold(const void* address) const noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(address);
        return at % alignof(link) == 0 && at > below_.load(std::memory_order_relaxed) &&
               at < highest_.load(std::memory_order_relaxed);
    }

    /// Whether a chunk may have blocks of this size: not if it has room for more than `max_blocks`.
    [[nodiscard]] bool may_serve(const chunk& in, std::size_t block_size) const noexcept {
        // As a product, which is quicker than a quotient.
        std::size_t too_many = 0;
        return __builtin_mul_overflow(growth_.max_blocks + 1, block_size, &too_many) ||
               in.size - sizeof(chunk) < too_many;
    }
    /// Takes the size of the first chunk from a profile. Call it before there is a chunk.
    void learn_first(learnt_size by) noexcept { learnt_ = std::move(by); }
    [[nodiscard]] const learnt_size& learnt() const noexcept { return learnt_; }
    /// Whether the next chunk is the first one, and larger than without the profile. If the
    /// upstream has no memory for it, call `forget_learnt`.
    [[nodiscard]] bool is_next_learnt() const noexcept {
        return bytes_ == 0 && learnt_ && learnt_.is_more_than_usual();
    }
    void forget_learnt() noexcept { learnt_.forget(); }

    /// The layout of the next chunk, which has room for at least one such block.
    [[nodiscard]] layout next_for(std::size_t block_size) const noexcept;
    /// Makes a chunk from that memory, the newest one. Returns the rest of the chunk before it.
    piece add(void* memory, layout as) noexcept;
    /// Calls `next_for`, the upstream and `add`.
    piece take(std::size_t block_size);
    /// Cuts blocks off the window: at least one, at most `most_blocks`, fewer while the pool is
    /// small. `gap` is the memory before them that their alignment leaves unused. False if the
    /// window has no room for a block.
    [[nodiscard]] bool cut(std::size_t block_size, std::size_t most_blocks, run& to,
                           piece& gap) noexcept {
        std::byte* begin = round_up(window_.begin, alignment_of_run(block_size));
        const std::ptrdiff_t left = window_.end - begin;  // negative if the gap leaves none
        if (left < static_cast<std::ptrdiff_t>(block_size) || !may_serve(*window_.in, block_size)) {
            return false;
        }
        const auto room = static_cast<std::size_t>(left);
        // Few at first, so that many classes share the first chunks.
        const std::size_t half = bytes_ / 2 < block_size ? block_size : bytes_ / 2;
        const std::size_t bytes = room < half ? room : half;
        std::size_t blocks = most_blocks;
        if (block_size * most_blocks > bytes) {
            // Quicker with 32 bits, which any run has room in.
            blocks = static_cast<std::uint32_t>(bytes) / static_cast<std::uint32_t>(block_size);
        }
        gap = {window_.begin, begin, window_.in};
        window_.begin = begin + blocks * block_size;
        to = {begin, blocks, window_.in};
        return true;
    }
    /// The largest size class below `end` that can use the rest of a chunk, and for which
    /// `lacks(index)` is true; 0 if there is none.
    template <class Lacks>
    [[nodiscard]] std::size_t class_for(const piece& rest, std::size_t end, Lacks lacks) const {
        if (rest.bytes() < size_of_class(1)) {
            return 0;
        }
        std::size_t index = size_class_of(std::min(rest.bytes(), largest_class_size) - 1);
        for (index = std::min(index, end - 1); index != 0; --index) {
            const std::size_t size = size_of_class(index);
            if (size <= rest.bytes() && lacks(index) && may_serve(*rest.in, size) &&
                round_up(rest.begin, alignment_of_class_size(size)) == rest.begin) {
                break;
            }
        }
        return index;
    }
    /// Counts bytes of a chunk as used. The chunk is free when all its used bytes are free.
    void use(chunk* in, std::size_t bytes) noexcept { in->used_bytes += bytes; }

    /// Gives removed chunks back to the upstream; returns their bytes.
    std::size_t give_back(chunk* removed) const noexcept;
    /// Removes all chunks.
    [[nodiscard]] chunk* remove_all() noexcept;

    // Trimming takes four steps: `start_trim`; `count_free` for all free memory; `drop_free` and
    // `is_free`, by which the pool forgets the memory in free chunks; `remove_free`.
    void start_trim() noexcept;
    void count_free(const void* begin, std::size_t bytes) noexcept;
    /// Sorts the list by address. Its links must not be coded.
    [[nodiscard]] free_list count_free(free_list blocks, std::size_t block_size) noexcept;
    [[nodiscard]] bool is_free(const void* address) const noexcept;
    /// Removes the blocks in free chunks from a sorted list; returns how many.
    std::size_t drop_free(free_list& sorted) const noexcept;
    [[nodiscard]] chunk* remove_free() noexcept;

private:
    [[nodiscard]] std::size_t alignment_of_run(std::size_t block_size) const noexcept {
        const std::size_t alignment = alignment_of_class_size(block_size);
        return alignment < run_alignment_ ? run_alignment_ : alignment;
    }
    void note_need() noexcept {
        if (learnt_ && first_ != nullptr) [[unlikely]] {
            learnt_.note(needed_bytes());
        }
    }
    [[nodiscard]] std::size_t needed_bytes() const noexcept;
    [[nodiscard]] std::size_t learnt_or(std::size_t grown) const noexcept;
    // The chunk with the address, which is the chunk `from` or a later one.
    [[nodiscard]] static chunk* find(const void* address, chunk* from) noexcept;

    std::pmr::memory_resource* upstream_;
    chunk_growth growth_;
    guard& guard_;
    std::size_t run_alignment_;
    // All chunks since the last release lie between these two addresses, which are read without a
    // lock. `below_` is one less than the lowest address: a leak checker would take the address
    // itself for a pointer to a block.
    std::atomic<std::uintptr_t> below_ = UINTPTR_MAX;
    std::atomic<std::uintptr_t> highest_ = 0;
    chunk* first_ = nullptr;
    piece window_{};
    std::size_t bytes_ = 0;
    learnt_size learnt_;  // empty unless the first chunk is auto_size
};

}  // namespace strata::detail

#endif
