// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_CONCURRENT_POOL_RESOURCE_HPP
#define STRATA_STRATEGIES_CONCURRENT_POOL_RESOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include <strata/core/resource.hpp>
#include <strata/strategies/detail/pool_base.hpp>
#include <strata/strategies/detail/shared_free_blocks.hpp>
#include <strata/strategies/detail/thread_bins.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

class concurrent_pool_resource;

/// Describes a `concurrent_pool_resource`. All sizes are in bytes.
struct concurrent_pool {
    /// Larger blocks go to the upstream one by one. Rounded up to a size class, at most 4 MiB.
    std::size_t largest_block = 16384;
    /// No chunk taken from the upstream holds more blocks of the size that it is taken for.
    std::size_t max_blocks_per_chunk = std::size_t{1} << 20;
    /// What the first chunk takes from the upstream. Chunks grow with the pool.
    std::size_t first_chunk = 16384;
    /// No chunk takes more, save for a single block that needs it.
    std::size_t largest_chunk = std::size_t{1} << 20;
    /// Whether the links of free blocks are coded and checked, as in checked builds they always
    /// are: a block that was written to after it was freed is then found as it is served again, and
    /// one that is freed twice in a row at once. A call takes not quite twice the instructions.
    bool hardened = false;
    label name = {};

    template <class Upstream>
    using resource_type = concurrent_pool_resource;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "concurrent_pool";

    template <class Self = concurrent_pool>
    static constexpr auto option_table() { return detail::options_of_pools<Self>(); }
    /// Empty, or what is wrong with options that are right one by one.
    [[nodiscard]] std::string contradiction() const {
        return detail::contradiction_of_chunks(*this);
    }

    friend constexpr bool operator==(const concurrent_pool&, const concurrent_pool&) = default;
};

/// A pool for any number of threads: each has lists of free blocks of its own, and what one thread
/// frees another can take. A drop-in for `std::pmr::synchronized_pool_resource`.
///
///     strata::concurrent_pool_resource memory;   // or {strata::concurrent_pool{...}, &upstream}
///     std::pmr::vector<std::pmr::string> here{&memory};
///     std::jthread other{[&] { std::pmr::vector<int> there{&memory}; }};
///
/// Routing: to the newest free block of the size class among the thread's own; else to fresh memory
/// that only this thread has; else to a batch of free blocks in the store that all threads share;
/// else a chunk is taken from the upstream. A thread that has two batches of free blocks of a class
/// gives one to the store. A block above `largest_block`, in size or alignment, comes from the
/// upstream by itself.
/// `try_expand` resizes a block within its size class, and a large block as the upstream does.
/// Lifetime: memory goes back at `trim`, `release` and destruction (large blocks: when freed).
/// Threads may end before or after the pool: what an ended thread had serves the others. The
/// upstream must outlive the pool; its constructor asks the upstream whether it is a heap.
/// Overhead: no header a block, as `pool_resource`, but at least 16 bytes a block; 2.4 KiB a thread
/// with the default `largest_block` (32 bytes a size class), and at most two batches of free blocks
/// of each class, a batch being 8 KiB, but at least 4 and at most 64 blocks; 40 bytes a chunk; 32
/// bytes a large block; 4.2 KiB for the object itself; for all concurrent resources together 24
/// bytes of thread-local storage and 1.1 KiB a thread beside it.
/// Complexity: O(1) for both calls, plus a call of the upstream for each chunk; locks are taken
/// once a batch and once a run of fresh blocks, not once a block. Where there are more than 16
/// concurrent resources, a thread that uses several of them in turn may search its record at each
/// change; beyond 64, take a lock. A thread's first call registers it, O(threads).
/// `trim` O(n log n) in the free blocks and chunks.
/// Errors: what the upstream throws passes through and changes nothing; `std::bad_alloc` for
/// impossible sizes. A thread's first call, `deallocate` too, may ask the upstream for the thread's
/// memory, and does without if that fails. `deallocate` throws nothing. Misuses in checked builds:
/// an alignment that is no power of two, and the free of what is in no chunk. Misuses in checked
/// builds and where `hardened` is on: to free the block that the thread freed last, and to write to
/// a free block.
/// Threads: safe to use from any number of threads; `release` and destruction from one alone. The
/// upstream is called by one thread at a time, but for large blocks where it is a `heap_resource`
/// or `std::pmr::new_delete_resource()`. No lock of the pool is held meanwhile: a callback of the
/// upstream may use the pool, and may fork. Fresh memory that two running threads get never shares
/// a cache line (64 bytes). Freed blocks are passed on as they are: later, two threads may have
/// neighbours on one line. That cannot be where the size of a block and the alignment of its class
/// are multiples of 64 bytes. After `fork`, parent and child may both go on; the child does without
/// what other threads' caches held. Fibers may change threads between two calls.
class concurrent_pool_resource
    : public detail::described_pool<concurrent_pool_resource, concurrent_pool>,
      private detail::thread_bins {
public:
    using described_pool::described_pool;
    // Not defaulted: `concurrent_pool_resource{}` would then clear the object first.
    concurrent_pool_resource() {}  // NOLINT(modernize-use-equals-default)
    ~concurrent_pool_resource() override;

    /// A free block that the thread has in its own list, taken without a lock and without a call
    /// of any function; null where the list is empty.
    [[nodiscard]] void* try_allocate_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        detail::bin* const from = find_bin(detail::reach_of(bytes, alignment), quick_limit_);
        if (from == nullptr || from->free.empty()) [[unlikely]] {
            return nullptr;
        }
        ++from->room;
        return from->free.pop();
    }
    /// Takes a block back to that list in the same way; false where the list is full.
    [[nodiscard]] bool try_deallocate_quickly(void* block, std::size_t bytes,
                                              std::size_t alignment) noexcept {
        detail::bin* const to = find_bin(detail::reach_of(bytes, alignment), quick_limit_);
        // The subtraction tells whether there was room.
        std::uint16_t room = 0;
        if (to == nullptr || block == nullptr || __builtin_sub_overflow(to->room, 1U, &room))
            [[unlikely]] {
            return false;
        }
        to->room = room;
        to->free.push(block);
        return true;
    }

    /// Gives everything back to the upstream, live blocks too. No other thread may be inside.
    void release() noexcept;
    /// Gives chunks back to the upstream in which no block is live, and none is kept by another
    /// thread; returns how many bytes. The lists of threads stay, and so do the chunks that hold
    /// them.
    std::size_t trim() noexcept;

protected:
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// The reserved bytes alone, since threads do not share counts of live blocks: put a
    /// `stats_resource` on top for those.
    [[nodiscard]] strata::usage do_usage() const noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        if (void* const block = try_allocate_quickly(bytes, alignment)) [[likely]] {
            return block;
        }
        return allocate_slow(bytes, alignment);
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (!try_deallocate_quickly(block, bytes, alignment)) [[unlikely]] {
            deallocate_slow(block, bytes, alignment);
        }
    }

private:
    friend direct_calls;
    friend class detail::thread_bins;

    // The thread's bins, in concurrent_pool_resource.cpp.
    void* allocate_slow(std::size_t bytes, std::size_t alignment);
    void* allocate_otherwise(std::size_t bytes, std::size_t alignment);
    void* take_block(std::size_t bytes, std::size_t alignment);
    void* take_without_cache(std::size_t index);
    void deallocate_slow(void* block, std::size_t bytes, std::size_t alignment);
    void deallocate_otherwise(void* block, std::size_t bytes, std::size_t alignment);
    void put_block(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    detail::thread_cache* make_cache();
    detail::thread_cache* find_or_make_cache() noexcept;
    [[nodiscard]] std::span<detail::bin> all_bins_of(detail::thread_cache* mine) const noexcept {
        return {bins_of(mine), class_count()};
    }
    void give_up(detail::thread_cache& cache) noexcept;
    void share_fresh(std::size_t index, detail::bin& from) noexcept;
    static constexpr std::size_t block_size(std::size_t index) noexcept {
        return detail::shared_free_blocks::block_size(index);
    }

    // The memory from the upstream, in concurrent_pool_memory.cpp.
    detail::run take_run(detail::thread_cache* mine, std::size_t size, std::size_t most_blocks);
    [[nodiscard]] bool cut_run(detail::thread_cache* mine, std::size_t size,
                               std::size_t most_blocks, detail::run& fresh) noexcept;
    bool cut_run_locked(detail::thread_cache* mine, std::size_t size, std::size_t most_blocks,
                        detail::run& fresh) noexcept;
    void donate(detail::thread_cache* mine, const detail::piece& rest) noexcept;
    [[nodiscard]] detail::chunk* remove_free_chunks(detail::thread_cache* mine) noexcept;
    [[nodiscard]] static bool serves_threads(const std::pmr::memory_resource& upstream) noexcept;

    detail::call_mutex upstream_mutex_;  // taken before all others
    mutable detail::section_mutex chunks_mutex_{detail::lock_order::chunks};  // of `chunks_`
    detail::large_block_locks large_locks_{
        large_, serves_threads(*upstream_resource()) ? nullptr : &upstream_mutex_};
    detail::shared_free_blocks shared_{*this};
};

}  // namespace strata

#endif
