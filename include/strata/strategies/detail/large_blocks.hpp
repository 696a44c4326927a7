// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LARGE_BLOCKS_HPP
#define STRATA_STRATEGIES_DETAIL_LARGE_BLOCKS_HPP

#include <cstddef>
#include <memory_resource>
#include <mutex>

#include <strata/core/detail/guard.hpp>
#include <strata/core/layout.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail {

struct large_block;
struct large_block_locks;

/// The blocks that a pool does not carve from its chunks but takes from the upstream one by one.
/// Each has a header of 32 bytes, behind the block.
class large_blocks {
public:
    /// The pool's guard is told which memory returns to the upstream.
    large_blocks(std::pmr::memory_resource* upstream, guard& of_pool) noexcept
        : upstream_{upstream},
          guard_{of_pool} {}
    large_blocks(const large_blocks&) = delete;
    large_blocks& operator=(const large_blocks&) = delete;
    ~large_blocks() {
        if (newest_ != nullptr) {
            release();
        }
    }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);
    void deallocate(void* block, std::size_t bytes) noexcept;
    [[nodiscard]] bool try_expand(void* block, layout as, std::size_t bytes) noexcept;
    /// Gives all blocks back to the upstream.
    void release() noexcept;

    /// The usable size of a block of `bytes` bytes: the largest size that it may be freed with.
    [[nodiscard]] static std::size_t room_for(std::size_t bytes) noexcept;
    /// Whether the block has a header of its size behind it.
    [[nodiscard]] bool may_free(void* block, std::size_t bytes) const noexcept;
    [[nodiscard]] bool hold(const void* block) const noexcept;
    /// The bytes of all blocks, with their headers.
    [[nodiscard]] std::size_t bytes() const noexcept;
    [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    friend struct large_block_locks;
    class upstream_call;

    [[nodiscard]] std::unique_lock<section_mutex> lock_list() const noexcept;
    void add(void* block, std::size_t bytes, layout as) noexcept;
    [[nodiscard]] layout remove(void* block, std::size_t bytes) noexcept;

    std::pmr::memory_resource* upstream_;
    guard& guard_;
    large_block_locks* locks_ = nullptr;
    large_block* newest_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t peak_bytes_ = 0;
    std::size_t count_ = 0;
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
