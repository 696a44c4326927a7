// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_CONCURRENT_POOL_RESOURCE_HPP
#define STRATA_STRATEGIES_CONCURRENT_POOL_RESOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include <strata/core/detail/quick_paths.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/strategies/detail/described_pool.hpp>
#include <strata/strategies/detail/shared_free_blocks.hpp>
#include <strata/strategies/detail/thread_bins.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

class concurrent_pool_resource;

/// Describes a `concurrent_pool_resource`. All sizes are in bytes.
struct concurrent_pool {
    /// Larger blocks go to the upstream one by one, and back when freed. Rounded up to a size
    /// class, at most 4 MiB.
    std::size_t largest_block = std::size_t{1} << 20;
    /// The most blocks in a chunk, of the size that the chunk is taken for.
    std::size_t max_blocks_per_chunk = std::size_t{1} << 20;
    /// The size of the first chunk. Chunks grow with the pool. `auto_size`: what most earlier pools
    /// of this name needed, by the `profile`, up to `largest_chunk`.
    std::size_t first_chunk = 16384;
    /// The size of the largest chunk, unless a single block needs more.
    std::size_t largest_chunk = std::size_t{1} << 20;
    /// Whether the links of free blocks are coded and checked, as they always are in checked
    /// builds. That finds a write to a free block when the block is served again, and the free of a
    /// block that was freed just before. A call takes almost twice the instructions.
    bool hardened = false;
    /// The file of the `size_profile` for `auto_size`. Empty: the process's own, in memory.
    std::string_view profile = {};
    label name = {};

    template <class Upstream>
    using resource_type = concurrent_pool_resource;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "concurrent_pool";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::full;
    }

    template <class Self = concurrent_pool>
    static constexpr auto option_table() { return detail::options_of_pools<Self>(); }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const {
        return detail::contradiction_of_chunks(*this);
    }

    friend constexpr bool operator==(const concurrent_pool&, const concurrent_pool&) = default;
};

/// A pool for any number of threads: each has its own lists of free blocks, and a block that one
/// thread frees can serve another. A drop-in for `std::pmr::synchronized_pool_resource`.
///
///     strata::concurrent_pool_resource memory;   // or {strata::concurrent_pool{...}, &upstream}
///     std::pmr::vector<std::pmr::string> here{&memory};
///     std::jthread other{[&] { std::pmr::vector<int> there{&memory}; }};
///
/// Routing: first from the thread's own free blocks of the size class, the newest first; then from
/// fresh memory that only this thread has; then from a batch of free blocks in the store that all
/// threads share; then from the newest chunk, or a new one from the upstream. A thread with two
/// batches of free blocks of a class gives one to the store. A large block, above 16 KiB in size or
/// alignment, comes from the upstream one by one. The pool keeps freed large blocks of at most
/// `largest_block` bytes and an alignment of at most 16, for all threads. A kept block serves a
/// later request of its size class, or of a class up to a third smaller. Other large blocks go back
/// at once.
/// `try_expand` resizes a block within its size class, and a large block as the upstream does.
/// Lifetime: memory returns to the upstream at `trim`, `release` and destruction. Kept large blocks
/// also return if the upstream has no memory, or if they exceed a bound: 1 MiB plus an eighth of
/// the peak of the live large blocks. Threads may end before or after the pool: the memory of an
/// ended thread serves the others. The upstream must outlive the pool, whose constructor asks it
/// whether it is a heap. `auto_size` works and costs as in `pool_resource`.
/// Overhead: no header a block, as in `pool_resource`, but at least 16 bytes a block. 2.4 KiB a
/// thread with the default `largest_block` (32 bytes a size class), and at most two batches of free
/// blocks of each class; a batch has 8 KiB, but at least 4 and at most 64 blocks. 40 bytes a chunk;
/// 32 bytes a large block; 5 KiB for the object itself. All concurrent resources together take 24
/// bytes of thread-local storage and another 1.1 KiB a thread.
/// Complexity: O(1) for both calls, plus a call of the upstream for each chunk; locks are taken
/// once a batch and once a run of fresh blocks, not once a block, except for large blocks. With
/// more than 16 concurrent resources, a thread that alternates between several may search its
/// record at each change; with more than 64, it may also take a lock. A thread's first call
/// registers it, O(threads).
/// `trim` O(n log n) in the free blocks and chunks.
/// Errors: exceptions of the upstream pass through and change nothing; `std::bad_alloc` for
/// impossible sizes. A thread's first call, also of `deallocate`, may ask the upstream for the
/// thread's lists; if that fails, the thread goes on without them. `deallocate` throws nothing.
/// Misuses in checked builds: an alignment that is not a power of two, and the free of a pointer
/// that is in no chunk. Misuses in checked builds and with `hardened`: the free of the block that
/// the thread freed last, and a write to a free block.
/// Threads: safe to use from any number of threads; during `release` and destruction, no other
/// thread may use it. One thread at a time calls the upstream, except for large blocks of a
/// `heap_resource` or `std::pmr::new_delete_resource()`, which several may take at once. Meanwhile
/// the thread holds no lock but its turn: a callback of the upstream may use the pool, and may
/// fork. Fresh memory of two running threads never shares a cache line (64 bytes). A freed block
/// may move to another thread. Then two threads may have neighbours in one line, except in classes
/// whose block size and alignment are multiples of 64 bytes. After `fork`,
/// parent and child may both go on; the child loses the memory in other threads' lists. Fibers may
/// change threads between two calls.
class concurrent_pool_resource
    : public detail::described_pool<concurrent_pool_resource, concurrent_pool>,
      private detail::thread_bins {
public:
    using described_pool::described_pool;
    // Not defaulted: `concurrent_pool_resource{}` would then clear the object first.
    concurrent_pool_resource() {}  // NOLINT(modernize-use-equals-default)
    ~concurrent_pool_resource() override;

    /// Takes a free block from the thread's own list, without a lock or a function call. Null if
    /// there is none.
    [[nodiscard]] void* try_allocate_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        bin_in_cache* const from = find_bin(detail::reach_of(bytes, alignment), quick_limit_);
        if (from == nullptr || from->at.free.empty()) [[unlikely]] {
            return nullptr;
        }
        ++from->at.room;
        return from->at.free.pop();
    }
    /// Puts a block into that list in the same way; false if that is not possible.
    [[nodiscard]] bool try_deallocate_quickly(void* block, std::size_t bytes,
                                              std::size_t alignment) noexcept {
        bin_in_cache* const to = find_bin(detail::reach_of(bytes, alignment), quick_limit_);
        // The subtraction overflows if there is no room.
        std::uint16_t room = 0;
        if (to == nullptr || block == nullptr || __builtin_sub_overflow(to->at.room, 1U, &room))
            [[unlikely]] {
            return false;
        }
        to->at.room = room;
        to->at.free.push(block);
        return true;
    }

    /// The key of a layout, for the two calls below; `detail::no_quick_key` if they never serve it.
    /// It is the distance of the layout's bin from the first bin of a thread's cache.
    [[nodiscard]] std::size_t quick_key(std::size_t bytes, std::size_t alignment) const noexcept {
        return detail::reach_of(bytes, alignment) < quick_limit_ ? known_quick_key(bytes, alignment)
                                                                 : detail::no_quick_key;
    }
    /// The same for a layout that has a key.
    [[nodiscard]] static std::size_t known_quick_key(std::size_t bytes,
                                                     std::size_t alignment) noexcept {
        return offset_of_bin(detail::reach_of(bytes, alignment));
    }
    /// Takes a free block in the same way, by its key.
    [[nodiscard]] void* try_allocate_quickly(std::size_t key) noexcept {
        bin_in_cache* const from = find_bin_at(key);
        if (from == nullptr || from->at.free.empty()) [[unlikely]] {
            return nullptr;
        }
        ++from->at.room;
        return from->at.free.pop();
    }
    /// Puts a block back in the same way, by its key. The block may not be null.
    [[nodiscard]] bool try_deallocate_quickly(void* block, std::size_t key) noexcept {
        bin_in_cache* const to = find_bin_at(key);
        std::uint16_t room = 0;
        if (to == nullptr || __builtin_sub_overflow(to->at.room, 1U, &room)) [[unlikely]] {
            return false;
        }
        to->at.room = room;
        to->at.free.push(block);
        return true;
    }

    /// Returns all memory to the upstream, live blocks included. No other thread may be inside.
    void release() noexcept;
    /// Gives chunks back to the upstream that have neither live blocks nor blocks in the lists of
    /// other threads; returns how many bytes. The lists themselves stay, and so do the chunks that
    /// they are in.
    std::size_t trim() noexcept;

protected:
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// Only the reserved bytes, because threads do not share counts of live blocks. A
    /// `stats_resource` on top counts those.
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
    [[nodiscard]] void* try_learnt_chunk(std::size_t size, layout& wanted);
    [[nodiscard]] bool cut_run(detail::thread_cache* mine, std::size_t size,
                               std::size_t most_blocks, detail::run& fresh) noexcept;
    bool cut_run_locked(detail::thread_cache* mine, std::size_t size, std::size_t most_blocks,
                        detail::run& fresh) noexcept;
    void donate(detail::thread_cache* mine, const detail::piece& rest) noexcept;
    [[nodiscard]] detail::chunk* remove_free_chunks(detail::thread_cache* mine) noexcept;
    [[nodiscard]] static bool serves_threads(const std::pmr::memory_resource& upstream) noexcept;

    detail::call_mutex upstream_mutex_;  // locked before all others
    mutable detail::section_mutex chunks_mutex_{detail::lock_order::chunks};  // protects `chunks_`
    detail::large_block_locks large_locks_{
        large_, serves_threads(*upstream_resource()) ? nullptr : &upstream_mutex_};
    detail::shared_free_blocks shared_{*this};
};

}  // namespace strata

#endif
