// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_SHARDED_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_SHARDED_TALLY_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/detail/cache_line.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_caches.hpp>

namespace strata::detail {

/// The counts of a `stats_resource`, separate for each thread. A thread adds its live bytes and
/// blocks to a common sum, and so to the peak, whenever they have changed by more than `step_bytes`
/// or `step_blocks`.
///
/// While threads count, a snapshot cannot read all numbers at one moment. If the totals are the
/// same before and after, their difference is the live count. If not, the difference may be far
/// off, and is moved to within one step a thread of the common sum.
class sharded_tally : private thread_caches {
public:
    /// How far off the peaks may be for each thread, in bytes and in blocks; and the live counts,
    /// while threads count.
    static constexpr std::int64_t slack_bytes = 65536;
    static constexpr std::int64_t slack_blocks = 1024;
    /// How many shards are made at a time, when more threads count at once.
    static constexpr std::size_t shards_in_group = 16;

    sharded_tally() noexcept;
    ~sharded_tally();

    void allocated(std::size_t bytes, std::size_t alignment) noexcept;
    void deallocated(std::size_t bytes) noexcept;

    /// Counts the same, or counts nothing and returns false: where the calling thread has to look
    /// for its shard, or to tell what it has live.
    [[nodiscard]] bool allocated_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        if (!is_mine(entry())) [[unlikely]] {
            return false;
        }
        shard& in = *static_cast<shard*>(entry().cache);
        const std::int64_t more_bytes = in.bytes.untold + static_cast<std::int64_t>(bytes);
        const std::int64_t more_blocks = in.blocks.untold + 1;
        if (more_bytes > step_bytes || more_blocks > step_blocks) [[unlikely]] {
            return false;
        }
        in.bytes.untold = more_bytes;
        in.blocks.untold = more_blocks;
        count_allocated(in, bytes, alignment);
        return true;
    }
    [[nodiscard]] bool deallocated_quickly(std::size_t bytes) noexcept {
        if (!is_mine(entry())) [[unlikely]] {
            return false;
        }
        shard& in = *static_cast<shard*>(entry().cache);
        const std::int64_t less_bytes = in.bytes.untold - static_cast<std::int64_t>(bytes);
        const std::int64_t less_blocks = in.blocks.untold - 1;
        if (less_bytes < -step_bytes || less_blocks < -step_blocks) [[unlikely]] {
            return false;
        }
        note_most(in.bytes);
        note_most(in.blocks);
        in.bytes.untold = less_bytes;
        in.blocks.untold = less_blocks;
        count_deallocated(in, bytes);
        return true;
    }

    /// Counts a live block that grew by `by` bytes, or shrank if `by` is negative.
    void resized(std::int64_t by) noexcept;

    void failed() noexcept;

    [[nodiscard]] allocation_stats snapshot() const noexcept;

private:
    // Half of the slack: the common sum may be one step off, and a snapshot one more.
    static constexpr std::int64_t step_bytes = slack_bytes / 2;
    static constexpr std::int64_t step_blocks = slack_blocks / 2;

    // Written by one thread, or under the lock; read by any. A reader of a number also sees all
    // that its thread counted before: with the free of a block, also its allocation.
    class number {
    public:
        [[nodiscard]] std::int64_t load() const noexcept {
            return value_.load(std::memory_order_acquire);
        }
        void store(std::int64_t value) noexcept { value_.store(value, std::memory_order_release); }
        void add(std::int64_t amount) noexcept { store(load() + amount); }

    private:
        std::atomic<std::int64_t> value_ = 0;
    };

    // What a thread has live of bytes or of blocks.
    struct live_count {
        // By how much it has changed since the thread told the common sum, and the most of that.
        // The thread alone reads and writes these two.
        std::int64_t untold = 0;
        std::int64_t most_untold = 0;
        // For snapshots: what was told, and the most since then.
        number told;
        number most;
    };

    struct alignas(cache_line) shard : thread_cache {
        number allocated_bytes;
        number deallocated_bytes;
        number deallocations;
        live_count bytes;
        live_count blocks;
        number failures;
        std::array<number, 64> sizes;  // their sum is the number of allocations
        std::array<number, 64> alignments;
    };

    // Called before something is freed: right then what is live may be at a peak.
    static void note_most(live_count& of) noexcept {
        if (of.untold > of.most_untold) [[unlikely]] {
            of.most_untold = of.untold;
            of.most.store(of.told.load() + of.untold);
        }
    }

    static void count_allocated(shard& in, std::size_t bytes, std::size_t alignment) noexcept {
        in.sizes[allocation_stats::size_entry(bytes)].add(1);
        in.alignments[allocation_stats::alignment_entry(alignment)].add(1);
        in.allocated_bytes.add(static_cast<std::int64_t>(bytes));
    }
    static void count_deallocated(shard& in, std::size_t bytes) noexcept {
        in.deallocated_bytes.add(static_cast<std::int64_t>(bytes));
        in.deallocations.add(1);
    }

    // The first group is in the object, later ones are in pages from the system.
    struct group {
        std::array<shard, shards_in_group> shards;
        std::atomic<group*> next = nullptr;
    };

    template <class Count>
    void count_slow(Count count) noexcept;
    void change_live(shard& in, std::int64_t by_bytes, std::int64_t by_blocks) noexcept;
    void tell(shard& in) noexcept;
    [[nodiscard]] static std::int64_t live_bytes_of(const shard& in) noexcept;
    [[nodiscard]] static std::int64_t live_blocks_of(const shard& in) noexcept;
    [[nodiscard]] static std::int64_t allocations_of(const shard& in) noexcept;
    [[nodiscard]] shard* find_shard() noexcept;
    [[nodiscard]] bool add_group(const group* newest) noexcept;
    template <class Work>
    void for_each_shard(Work work) const noexcept;

    struct totals {
        std::int64_t allocated_bytes;
        std::int64_t deallocated_bytes;
        std::int64_t allocations;
        std::int64_t deallocations;
        std::int64_t shards;  // that have counted

        friend bool operator==(const totals&, const totals&) = default;
    };
    [[nodiscard]] totals count_up() const noexcept;

    section_mutex mutex_{lock_order::counts};   // protects the common shard and the list of groups
    std::atomic<std::int64_t> live_bytes_ = 0;  // the common sum
    std::atomic<std::int64_t> live_blocks_ = 0;
    mutable std::atomic<std::int64_t> peak_bytes_ = 0;  // raised by what a snapshot finds
    mutable std::atomic<std::int64_t> peak_blocks_ = 0;
    group shards_;  // the last of these is common: for threads that have no record
};

}  // namespace strata::detail

#endif
