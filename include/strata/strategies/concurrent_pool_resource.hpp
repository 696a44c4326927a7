// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_CONCURRENT_POOL_RESOURCE_HPP
#define STRATA_STRATEGIES_CONCURRENT_POOL_RESOURCE_HPP

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/core/detail/guard.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/cache_line.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/strategies/detail/chunk_options.hpp>
#include <strata/strategies/detail/chunks.hpp>
#include <strata/strategies/detail/free_list.hpp>
#include <strata/strategies/detail/large_blocks.hpp>
#include <strata/strategies/detail/link_code.hpp>
#include <strata/strategies/detail/size_class.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_caches.hpp>

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
    [[nodiscard]] std::string contradiction() const;

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
/// gives one to the store. Blocks above `largest_block`, and those aligned above it, are the
/// upstream's own.
/// `try_expand` resizes a block within its size class, and a large block as the upstream does.
/// Lifetime: memory goes back at `trim`, `release` and destruction (large blocks: when freed).
/// Threads may end before or after the pool: what an ended thread had serves the others. The
/// upstream must outlive the pool; its constructor asks the upstream whether it is a heap.
/// Overhead: no header a block, as `pool_resource`, but at least 16 bytes a block; 2.4 KiB a thread
/// with the default `largest_block` (32 bytes a size class), and at most two batches of free blocks
/// of each class, a batch being 8 KiB, but at least 4 and at most 64 blocks; 40 bytes a chunk; 32
/// bytes a large block; 5.2 KiB for the object itself; for all concurrent resources together 24
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
class concurrent_pool_resource : public resource, private detail::thread_caches {
public:
    concurrent_pool_resource() : concurrent_pool_resource{concurrent_pool{}} {}
    explicit concurrent_pool_resource(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : concurrent_pool_resource{concurrent_pool{}, upstream} {}
    explicit concurrent_pool_resource(const std::pmr::pool_options& options)
        : concurrent_pool_resource{options, std::pmr::get_default_resource()} {}
    concurrent_pool_resource(const std::pmr::pool_options& options,
                             std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : concurrent_pool_resource{detail::from_standard<concurrent_pool>(options), upstream} {}
    // A template, so that `{{blocks, bytes}, &upstream}` means std::pmr::pool_options, as for the
    // standard's class.
    template <std::derived_from<concurrent_pool> Description>
    explicit concurrent_pool_resource(
        const Description& description,
        std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
            std::pmr::get_default_resource())
        : concurrent_pool_resource{upstream, description} {}
    ~concurrent_pool_resource() override;

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    /// A block of those that the thread has at hand, without a lock or a call of anything; null
    /// where there is none.
    [[nodiscard]] void* try_allocate_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        bin_in_cache* const from = quick_bin(bytes, alignment);
        if (from == nullptr || from->at.free.empty()) [[unlikely]] {
            return nullptr;
        }
        ++from->at.room;
        return from->at.free.pop();
    }
    /// Takes a block back to those, in the same way; false where there is no room.
    [[nodiscard]] bool try_deallocate_quickly(void* block, std::size_t bytes,
                                              std::size_t alignment) noexcept {
        bin_in_cache* const to = quick_bin(bytes, alignment);
        // The subtraction tells whether there was room.
        std::uint16_t room = 0;
        if (to == nullptr || block == nullptr || __builtin_sub_overflow(to->at.room, 1U, &room))
            [[unlikely]] {
            return false;
        }
        to->at.room = room;
        to->at.free.push(block);
        return true;
    }

    /// Gives everything back to the upstream, live blocks too. No other thread may be inside.
    void release() noexcept;
    /// Gives chunks in which nothing is live, nor kept by another thread, back to the upstream;
    /// returns how many bytes. Lists of threads stay, and so do the chunks in which they are.
    std::size_t trim() noexcept;

    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return chunks_.upstream();
    }
    /// What is in force: no field is 0, and the largest block is a size class.
    [[nodiscard]] detail::pool_options_in_force<concurrent_pool> options() const noexcept;

protected:
    [[nodiscard]] std::string_view do_name() const noexcept override { return concurrent_pool::layer_name; }
    [[nodiscard]] const void* do_part(detail::type_key wanted) const noexcept override {
        return as_part(this, wanted);
    }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// The bytes that are reserved. What is live the threads do not tell each other: put a
    /// `stats_resource` on top to know.
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;

    /// The block size of its class; for a large block, its size rounded up to 8 bytes.
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override;
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

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
    // Of a size class, what one thread has.
    struct bin {
        detail::free_list free;
        std::uint16_t room;         // how many more blocks `free` takes until it is a batch
        std::uint16_t next_run;     // how many blocks to take next
        std::uint32_t fresh_bytes;  // that were never handed out,
        std::byte* fresh;           // from here
        detail::free_list batch;    // empty, or a whole one
    };
    // With what stands before the first bin, so that the place of a bin is one sum.
    struct bin_in_cache {
        detail::thread_cache before;
        bin at;
    };
    static_assert(sizeof(bin) == 32, "found by a shift, on the way of every call");
    // Of a size class, the free blocks that are no thread's. A batch is a list; its first block
    // has, in its second word, the next batch.
    struct shared_blocks {
        std::atomic<bool> any;
        detail::link* batches;
        detail::free_list loose;  // less than a batch
        std::uint32_t loose_blocks;
    };
    struct alignas(detail::cache_line) class_lock {
        detail::section_mutex mutex;
    };
    // Says, once no lock is held, that a free block was found which was written to.
    class written_links {
    public:
        explicit written_links(const concurrent_pool_resource& in) noexcept : in_{in} {}
        written_links(const written_links&) = delete;
        written_links& operator=(const written_links&) = delete;
        ~written_links() {
            if (at_ != nullptr) [[unlikely]] {
                report();
            }
        }
        void add(const detail::link* at) const noexcept { at_ = at; }

    private:
        void report() const noexcept;

        const concurrent_pool_resource& in_;
        mutable const detail::link* at_ = nullptr;
    };
    concurrent_pool_resource(std::pmr::memory_resource* upstream,
                             const concurrent_pool& description);

    // The thread's blocks of a class, if the quick paths serve it.
    [[nodiscard]] bin_in_cache* quick_bin(std::size_t bytes, std::size_t alignment) const noexcept {
        const std::size_t reach = detail::reach_of(bytes, alignment);
        const detail::thread_record::entry& mine = entry();
        return reach < quick_limit_ && is_mine(mine) ? bin_in(mine.cache, reach) : nullptr;
    }
    [[nodiscard]] static bin_in_cache* bin_in(detail::thread_cache* mine,
                                              std::size_t reach) noexcept {
        auto* const found = reinterpret_cast<bin_in_cache*>(
            reinterpret_cast<std::byte*>(mine) + detail::size_class_table[reach / 8] * sizeof(bin));
        if (found == nullptr) {
            __builtin_unreachable();  // so that null is the answer of those who found none alone
        }
        return found;
    }

    // A batch needs two words in a block.
    static constexpr std::size_t block_size(std::size_t index) noexcept {
        return index == 0 ? 2 * sizeof(detail::link) : detail::size_of_class(index);
    }
    // They stand behind the cache, which is what the threads' registry knows of them.
    static bin* bins_of(detail::thread_cache* mine) noexcept {
        return reinterpret_cast<bin*>(mine + 1);
    }

    void* allocate_slow(std::size_t bytes, std::size_t alignment);
    void* allocate_otherwise(std::size_t bytes, std::size_t alignment);
    void* allocate_guarded(std::size_t bytes, std::size_t alignment);
    void* take_block(std::size_t bytes, std::size_t alignment);
    void* take_without_cache(std::size_t index);
    void deallocate_slow(void* block, std::size_t bytes, std::size_t alignment);
    void deallocate_otherwise(void* block, std::size_t bytes, std::size_t alignment);
    void deallocate_guarded(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void put_block(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    [[nodiscard]] bin_in_cache* coded_bin(std::size_t reach) const noexcept;
    [[nodiscard]] void* pop_coded(std::size_t reach) const noexcept;
    [[nodiscard]] bool push_coded(std::size_t reach, void* block) const noexcept;
    void* take_free(detail::free_list& from) const noexcept;
    void* take_free(detail::free_list& from, const written_links& found) const noexcept;
    void put_free(detail::free_list& to, void* block) const noexcept;
    [[nodiscard]] detail::link* read(const detail::link* at,
                                     const written_links& found) const noexcept;
    detail::thread_cache* make_cache();
    detail::thread_cache* find_or_make_cache() noexcept;
    void* take_large(std::size_t bytes, std::size_t alignment);
    void put_large(void* block, std::size_t bytes) noexcept;
    [[nodiscard]] bool expand_large(void* block, layout as, std::size_t bytes) noexcept;
    [[nodiscard]] void* ask_upstream(layout wanted);
    [[nodiscard]] std::unique_lock<detail::call_mutex> turn_for_large() noexcept;
    detail::run take_run(detail::thread_cache* mine, std::size_t size, std::size_t most_blocks);
    [[nodiscard]] bool cut_run(detail::thread_cache* mine, std::size_t size,
                               std::size_t most_blocks, detail::run& fresh) noexcept;
    bool cut_run_locked(detail::thread_cache* mine, std::size_t size, std::size_t most_blocks,
                        detail::run& fresh) noexcept;
    void donate(detail::thread_cache* mine, const detail::piece& rest) noexcept;
    [[nodiscard]] std::size_t class_count() const noexcept;
    [[nodiscard]] std::span<bin> all_bins_of(detail::thread_cache* mine) const noexcept;

    bool take_shared(std::size_t index, bin& to) noexcept;
    void share_batch(std::size_t index, detail::free_list batch) noexcept;
    void share_loose(std::size_t index, detail::free_list blocks) noexcept;
    void add_batch(std::size_t index, detail::free_list batch) noexcept;
    void add_loose(std::size_t index, void* block) noexcept;
    [[nodiscard]] detail::section_mutex& mutex_of(std::size_t index) noexcept;

    void give_up(detail::thread_cache& cache) noexcept;
    void share_fresh(std::size_t index, bin& from) noexcept;
    void forget_shared() noexcept;
    void lock_shared() noexcept;
    void unlock_shared() noexcept;

    [[nodiscard]] detail::chunk* remove_free_chunks(detail::thread_cache* mine) noexcept;
    void count_free(std::size_t index, const written_links& found) noexcept;
    void forget_free(std::size_t index) noexcept;
    void count_fresh(detail::thread_cache* cache) noexcept;
    void forget_fresh(detail::thread_cache* cache) noexcept;

    static constexpr std::size_t lock_count = detail::class_locks;

    std::size_t quick_limit_;  // reaches below it have a class that the table knows
    std::size_t coded_limit_;  // instead of it where links are coded and the guard is off
    std::size_t limit_;        // reaches below it have a class
    detail::guard guard_;
    detail::link_code links_;             // coded where the guard is on, too
    const bool upstream_serves_threads_;  // several at once: large blocks then need no turn
    const bool hardened_;                 // as its description asks for
    detail::call_mutex upstream_mutex_;   // taken before all others
    mutable detail::section_mutex chunks_mutex_{detail::lock_order::chunks};  // of `chunks_`
    detail::chunks chunks_;
    mutable detail::section_mutex large_mutex_{detail::lock_order::blocks};  // of `large_`
    detail::large_blocks large_;
    std::array<class_lock, lock_count> class_locks_;  // class i has lock i modulo their count
    std::array<shared_blocks, detail::size_class_count> shared_{};
};

}  // namespace strata

#endif
