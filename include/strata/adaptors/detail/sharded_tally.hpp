// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_SHARDED_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_SHARDED_TALLY_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/detail/entries.hpp>
#include <strata/adaptors/detail/in_memory.hpp>
#include <strata/adaptors/detail/quick_count.hpp>
#include <strata/detail/cache_line.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_caches.hpp>

namespace strata::detail {

/// The counts of a `stats_resource`, separate for each thread. From time to time a thread looks at
/// its live bytes and blocks. If they have moved by more than half of `step_bytes` or
/// `step_blocks`, it adds them to a common sum, and so to the peak. It looks again before they can
/// have moved by a whole step.
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

    sharded_tally() noexcept;
    ~sharded_tally();

    void allocated(std::size_t bytes, std::size_t alignment) noexcept;
    void deallocated(std::size_t bytes) noexcept;
    /// Counts a live block that grew by `by` bytes, or shrank if `by` is negative.
    void resized(std::int64_t by) noexcept;
    void failed() noexcept;

    /// The same without a function call, if the calling thread's shard is found at once.
    [[nodiscard]] quick_count allocated_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        shard* const mine = quick_shard();
        if (mine == nullptr) [[unlikely]] {
            return quick_count::refused;
        }
        return count_allocated(*mine, bytes, alignment) ? quick_count::look_due : quick_count::done;
    }
    [[nodiscard]] quick_count deallocated_quickly(std::size_t bytes) noexcept {
        shard* const mine = quick_shard();
        if (mine == nullptr || mine->bytes.is_at_peak() || mine->blocks.is_at_peak())
            [[unlikely]] {
            return quick_count::refused;
        }
        return count_deallocated(*mine, bytes) ? quick_count::look_due : quick_count::done;
    }
    void look() noexcept;

    [[nodiscard]] allocation_stats snapshot() const noexcept;

private:
    // Half of the slack: the common sum may be one step off, and a snapshot one more.
    static constexpr std::int64_t step_bytes = slack_bytes / 2;
    static constexpr std::int64_t step_blocks = slack_blocks / 2;

    // Of the bytes or of the blocks of a thread.
    struct flow {
        // How much may come, and how much may go, until the thread looks again. `may_go` is lower
        // by how far the live count is below its highest so far. So `may_come` is below `may_go`
        // exactly while the live count is at a new peak. The thread alone uses these two.
        std::int64_t may_come = 0;
        std::int64_t may_go = 0;
        // For snapshots.
        own_counter come;
        own_counter gone;
        own_counter told;  // what was live when the thread last added it to the common sum,
        own_counter most;  // and the most since then

        // The first two return whether the thread has to look.
        [[nodiscard]] bool add(std::int64_t amount) noexcept {
            come.add(amount);
            return falls_below_0(may_come, amount);
        }
        [[nodiscard]] bool remove(std::int64_t amount) noexcept {
            gone.add(amount);
            return falls_below_0(may_go, amount);
        }
        [[nodiscard]] bool is_at_peak() const noexcept { return is_above(may_go, may_come); }
        void note_most() noexcept;
        void look(std::int64_t step, std::atomic<std::int64_t>& sum,
                  std::atomic<std::int64_t>& peak) noexcept;
        [[nodiscard]] std::int64_t live() const noexcept {
            const std::int64_t freed = gone.load();
            return come.load() - freed;
        }
    };

    struct alignas(cache_line) shard : thread_cache {
        flow bytes;
        flow blocks;
        own_counter failures;
        std::array<own_counter, 64> sizes;  // by `quick_size_entry`
        std::array<own_counter, 64> alignments;  // without the usual one
    };

    // Both return whether the thread has to look.
    [[nodiscard]] static bool count_allocated(shard& in, std::size_t bytes,
                                              std::size_t alignment) noexcept {
        in.sizes[quick_size_entry(bytes)].add(1);
        if (alignment != usual_alignment) {
            in.alignments[allocation_stats::alignment_entry(alignment)].add(1);
        }
        if (in.blocks.add(1)) [[unlikely]] {
            (void)in.bytes.add(static_cast<std::int64_t>(bytes));
            return true;
        }
        return in.bytes.add(static_cast<std::int64_t>(bytes));
    }
    // Called after `note_most`, or where no count is at a peak.
    [[nodiscard]] static bool count_deallocated(shard& in, std::size_t bytes) noexcept {
        if (in.blocks.remove(1)) [[unlikely]] {
            (void)in.bytes.remove(static_cast<std::int64_t>(bytes));
            return true;
        }
        return in.bytes.remove(static_cast<std::int64_t>(bytes));
    }

    // The calling thread's shard, if it is found at once.
    [[nodiscard]] shard* quick_shard() noexcept {
        if (is_equal(number_so_far(), first_thread_)) [[likely]] {
            return &first_;
        }
        return static_cast<shard*>(find());
    }

    // More shards, a page of the system at a time.
    struct group {
        group* next = nullptr;
        std::array<shard, 3> shards;
    };
    static_assert(sizeof(group) <= 4096);

    template <class Count>
    void count_slow(Count count) noexcept;
    void look_at(shard& in) noexcept;
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

    // The thread that has the first shard: it finds it without its record. No thread has the
    // number `no_thread`.
    static constexpr std::uint64_t no_thread = UINT64_MAX;
    std::atomic<std::uint64_t> first_thread_ = no_thread;
    std::atomic<group*> groups_ = nullptr;
    section_mutex mutex_{lock_order::counts};  // protects the common shard and the list of groups
    shard first_;
    shard common_;  // for threads that have no record, and if the system has no memory
    // The common sums. The threads write them seldom, but in turn.
    alignas(cache_line) std::atomic<std::int64_t> live_bytes_ = 0;
    std::atomic<std::int64_t> live_blocks_ = 0;
    mutable std::atomic<std::int64_t> peak_bytes_ = 0;  // raised by what a snapshot finds
    mutable std::atomic<std::int64_t> peak_blocks_ = 0;
};

}  // namespace strata::detail

#endif
