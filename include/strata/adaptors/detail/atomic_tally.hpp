// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_ATOMIC_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_ATOMIC_TALLY_HPP

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>

namespace strata::detail {

/// The counts of a `stats_resource`, in one place for all threads. What is live is a count of its
/// own, so that the peak is exact.
template <std::memory_order Order>
class atomic_tally {
public:
    void allocated(std::size_t bytes, std::size_t alignment) noexcept {
        sizes_[allocation_stats::size_entry(bytes)].add(1);
        alignments_[allocation_stats::alignment_entry(alignment)].add(1);
        peak_bytes_.raise_to(live_bytes_.add(static_cast<std::int64_t>(bytes)));
        peak_blocks_.raise_to(live_blocks_.add(1));
    }

    void deallocated(std::size_t bytes) noexcept {
        live_bytes_.add(-static_cast<std::int64_t>(bytes));
        live_blocks_.add(-1);
        deallocated_bytes_.add(static_cast<std::int64_t>(bytes));
    }

    void failed() noexcept { failures_.add(1); }

    [[nodiscard]] allocation_stats snapshot() const noexcept {
        allocation_stats now;
        now.live_bytes = live_bytes_.load();
        now.live_blocks = live_blocks_.load();
        now.peak_bytes = peak_bytes_.load();
        now.peak_blocks = peak_blocks_.load();
        now.deallocated_bytes = deallocated_bytes_.load();
        now.failures = failures_.load();
        const auto value = [](const counter& of) { return of.load(); };
        std::ranges::transform(sizes_, now.sizes.begin(), value);
        std::ranges::transform(alignments_, now.alignments.begin(), value);
        for (const std::int64_t count : now.sizes) {
            now.allocations += count;
        }
        // Derived rather than stored: three fewer counters to touch at every call.
        now.deallocations = now.allocations - now.live_blocks;
        now.allocated_bytes = now.deallocated_bytes + now.live_bytes;
        return now;
    }

private:
    class counter {
    public:
        /// Adds and returns the sum.
        std::int64_t add(std::int64_t amount) noexcept {
            return value_.fetch_add(amount, Order) + amount;
        }
        void raise_to(std::int64_t least) noexcept {
            std::int64_t seen = value_.load(std::memory_order_relaxed);
            while (seen < least && !value_.compare_exchange_weak(seen, least, Order)) {
            }
        }
        [[nodiscard]] std::int64_t load() const noexcept { return value_.load(Order); }

    private:
        std::atomic<std::int64_t> value_ = 0;
    };

    counter live_bytes_;
    counter live_blocks_;
    counter peak_bytes_;
    counter peak_blocks_;
    counter deallocated_bytes_;
    counter failures_;
    std::array<counter, 64> sizes_;
    std::array<counter, 64> alignments_;
};

}  // namespace strata::detail

#endif
