// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LARGE_BLOCKS_HPP
#define STRATA_STRATEGIES_DETAIL_LARGE_BLOCKS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>

#include <strata/core/detail/guard.hpp>
#include <strata/core/layout.hpp>
#include <strata/detail/relaxed_word.hpp>
#include <strata/diagnostics/detail/caught.hpp>
#include <strata/strategies/detail/size_class.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail {

struct large_block;
struct large_block_locks;

/// The blocks that a pool does not carve from its chunks but takes from the upstream one by one.
/// Each has a header of 32 bytes: before the block, or behind it if the block has an alignment of
/// its own.
///
/// Freed blocks of the usual sizes are kept for later requests, in lists by size class, the newest
/// first. All memory beyond the live blocks, rounded up to their size class, is at most an eighth
/// of the peak plus 1 MiB. Classes with many kept blocks give up theirs first.
class large_blocks {
public:
    /// Blocks up to this size are carved from chunks.
    static constexpr std::size_t largest_carved = 16384;

    /// Keeps freed blocks of more than `largest_carved` and at most `largest_kept` bytes, which is
    /// the size of a class. The pool's guard is told which memory returns to the upstream.
    large_blocks(std::pmr::memory_resource* upstream, guard& of_pool,
                 std::size_t largest_kept) noexcept
        : upstream_{upstream},
          guard_{of_pool},
          largest_kept_{largest_kept} {}
    large_blocks(const large_blocks&) = delete;
    large_blocks& operator=(const large_blocks&) = delete;
    ~large_blocks() {
        if (newest_ != nullptr) {
            release();
        }
    }

    /// Whether freed blocks with this layout are kept.
    [[nodiscard]] bool keeps(layout as) const noexcept {
        return as.alignment <= alignof(std::max_align_t) && as.size > largest_carved &&
               as.size <= largest_kept_;
    }
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);
    void deallocate(void* block, layout as) noexcept;
    [[nodiscard]] bool try_expand(void* block, layout as, std::size_t bytes) noexcept;
    /// Gives all blocks back to the upstream.
    void release() noexcept;
    /// Gives all kept blocks back to the upstream; returns how many bytes.
    std::size_t give_back_kept() noexcept;
    /// Calls `work`, which requests memory from the upstream. If that throws `std::bad_alloc` and
    /// blocks are kept, gives them back and calls `work` again.
    template <class Work>
    void make_room_for(const Work& work) {
        if (has_kept_.load() == 0) {
            return work();
        }
        const auto request = [&]() -> void* {
            work();
            return this;
        };
        if (null_if_no_memory(request, [&] { return give_back_kept() != 0; }) == nullptr) {
            work();
        }
    }

    [[nodiscard]] std::size_t largest_kept() const noexcept { return largest_kept_; }
    /// The usable size of a block with this layout: the largest size that it may be freed with.
    [[nodiscard]] std::size_t room_for(layout as) const noexcept;
    /// Whether the block has a header of a live block of its size.
    [[nodiscard]] bool may_free(void* block, layout as) const noexcept;
    /// Whether the block is a live one.
    [[nodiscard]] bool hold(const void* block) const noexcept;
    /// The bytes of all blocks with their headers, kept ones included.
    [[nodiscard]] std::size_t bytes() const noexcept;
    /// The bytes of live blocks, with their headers.
    [[nodiscard]] std::size_t live_bytes() const noexcept { return live_bytes_; }
    [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }
    /// How many blocks are live.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    friend struct large_block_locks;
    class upstream_call;
    static constexpr std::size_t first_kept_class = size_class_of(largest_carved);
    static constexpr std::size_t kept_classes =
        size_class_of(largest_class_size - 1) + 1 - first_kept_class;
    static_assert(kept_classes == 64);  // a bit for each in has_kept_

    [[nodiscard]] std::unique_lock<section_mutex> lock_list() const noexcept;
    [[nodiscard]] void* take_kept(std::size_t wanted_class) noexcept;
    [[nodiscard]] void* take_fresh(layout wanted, std::size_t room);
    // Keeps a block that is freed. Removes and returns those that are too many then.
    [[nodiscard]] large_block* keep(large_block* freed, std::size_t room) noexcept;
    [[nodiscard]] large_block* pop_kept(std::size_t at) noexcept;
    [[nodiscard]] large_block* remove_surplus() noexcept;
    [[nodiscard]] large_block* remove(large_block* header, std::size_t room) noexcept;
    void unlink(const large_block* header) noexcept;
    void* add(void* memory, layout whole, std::size_t room) noexcept;
    void count_live(std::size_t room) noexcept;
    void count_freed(std::size_t room) noexcept;
    std::size_t give_back(large_block* removed) noexcept;

    std::pmr::memory_resource* upstream_;
    guard& guard_;
    std::size_t largest_kept_;
    large_block_locks* locks_ = nullptr;
    large_block* newest_ = nullptr;  // of all blocks, kept ones included
    std::size_t bytes_ = 0;
    std::size_t live_bytes_ = 0;
    std::size_t peak_bytes_ = 0;  // the most that were live
    std::size_t count_ = 0;
    relaxed_word has_kept_{0};  // a bit for each class with kept blocks
    std::array<large_block*, kept_classes> kept_;           // the newest of each class, and
    std::array<std::uint32_t, kept_classes> kept_counts_;  // how many; set by the first block
};

/// While this exists, several threads may use the large blocks of a pool at once.
struct large_block_locks {
    /// Only the thread that holds `turn` calls the upstream. Null: any thread may.
    large_block_locks(large_blocks& blocks, call_mutex* turn_of_upstream) noexcept
        : of{blocks},
          turn{turn_of_upstream} {
        of.locks_ = this;
    }
    large_block_locks(const large_block_locks&) = delete;
    large_block_locks& operator=(const large_block_locks&) = delete;
    ~large_block_locks() { of.locks_ = nullptr; }

    large_blocks& of;
    call_mutex* turn;
    section_mutex list{lock_order::blocks};
};

}  // namespace strata::detail

#endif
