// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_ATOMIC_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_ATOMIC_TALLY_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>

namespace strata::detail {

/// The counts of a `stats_resource`, shared by all threads. Live bytes and blocks have their own
/// counters, so that the peaks are exact.
///
/// `allocated_bytes` and `deallocations` are derived from the live counts, and `allocations` from
/// the sizes: that saves three counters in every call. A snapshot reads the total first and the
/// live count later; a call updates them in the other order. So a derived total is never too high.
/// It may be too low; then the highest earlier value is kept.
template <std::memory_order Order>
class atomic_tally {
public:
    void allocated(std::size_t bytes, std::size_t alignment) noexcept {
        peak_bytes_.raise_to(live_bytes_.add(static_cast<std::int64_t>(bytes)));
        peak_blocks_.raise_to(live_blocks_.add(1));
        sizes_[allocation_stats::size_entry(bytes)].add(1);
        alignments_[allocation_stats::alignment_entry(alignment)].add(1);
    }

    void deallocated(std::size_t bytes) noexcept {
        live_bytes_.add(-static_cast<std::int64_t>(bytes));
        live_blocks_.add(-1);
        deallocated_bytes_.add(static_cast<std::int64_t>(bytes));
    }

    /// Counts a live block that grew by `by` bytes, or shrank if `by` is negative.
    void resized(std::int64_t by) noexcept {
        const std::int64_t live = live_bytes_.add(by);
        if (by > 0) {
            peak_bytes_.raise_to(live);
        } else {
            deallocated_bytes_.add(-by);
        }
    }

    void failed() noexcept { failures_.add(1); }

    [[nodiscard]] allocation_stats snapshot() const noexcept {
        allocation_stats now;
        now.failures = failures_.load();
        for (std::size_t i = 0; i != sizes_.size(); ++i) {
            now.alignments[i] = alignments_[i].load();
            now.sizes[i] = sizes_[i].load();
            now.allocations += now.sizes[i];
        }
        now.deallocated_bytes = deallocated_bytes_.load();
        now.live_bytes = live_bytes_.load();
        now.live_blocks = live_blocks_.load();
        now.allocated_bytes = allocated_bytes_.raise_to(now.deallocated_bytes + now.live_bytes);
        // Another snapshot may have seen more of both.
        now.deallocations = deallocations_.raise_to(now.allocations - now.live_blocks);
        if (now.deallocations > now.allocations) {
            now.deallocations = now.allocations;
        }
        now.peak_bytes = peak_bytes_.raise_to(now.live_bytes);
        now.peak_blocks = peak_blocks_.raise_to(now.live_blocks);
        return now;
    }

private:
    class counter {
    public:
        /// Adds and returns the sum.
        std::int64_t add(std::int64_t amount) noexcept {
            return value_.fetch_add(amount, counts) + amount;
        }
        /// Raises the count to `least` if it is lower; returns it.
        std::int64_t raise_to(std::int64_t least) noexcept {
            std::int64_t seen = value_.load(std::memory_order_relaxed);
            while (seen < least && !value_.compare_exchange_weak(seen, least, counts)) {
            }
            return seen < least ? least : seen;
        }
        [[nodiscard]] std::int64_t load() const noexcept { return value_.load(reads); }

    private:
        // A snapshot needs more than relaxed counts; on x86-64 that costs nothing.
        static constexpr bool is_sequential = Order == std::memory_order_seq_cst;
        static constexpr std::memory_order counts =
            is_sequential ? Order : std::memory_order_acq_rel;
        static constexpr std::memory_order reads =
            is_sequential ? Order : std::memory_order_acquire;

        std::atomic<std::int64_t> value_ = 0;
    };

    counter live_bytes_;
    counter live_blocks_;
    mutable counter peak_bytes_;  // raised by what a snapshot finds
    mutable counter peak_blocks_;
    counter deallocated_bytes_;
    mutable counter allocated_bytes_;  // the highest of a snapshot
    mutable counter deallocations_;    // the same
    counter failures_;
    std::array<counter, 64> sizes_;
    std::array<counter, 64> alignments_;
};

}  // namespace strata::detail

#endif
