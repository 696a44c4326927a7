// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_TALLY_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>

namespace strata::detail {

/// The counts of a `stats_resource`, in one place for all threads.
template <class Counter>
class tally {
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
        const auto value = [](const Counter& of) { return of.load(); };
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
    Counter live_bytes_;
    Counter live_blocks_;
    Counter peak_bytes_;
    Counter peak_blocks_;
    Counter deallocated_bytes_;
    Counter failures_;
    std::array<Counter, 64> sizes_;
    std::array<Counter, 64> alignments_;
};

}  // namespace strata::detail

#endif
