// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_PLAIN_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_PLAIN_TALLY_HPP

#include <cstddef>
#include <cstdint>

#include <strata/adaptors/allocation_stats.hpp>

namespace strata::detail {

/// The counts of a `stats_resource`, for one thread at a time.
class plain_tally {
public:
    // What is live is derived, not counted up and down: then no call waits for what the last one
    // has just written, and pairs of calls overlap.

    void allocated(std::size_t bytes, std::size_t alignment) noexcept {
        ++counted_.sizes[allocation_stats::size_entry(bytes)];
        ++counted_.alignments[allocation_stats::alignment_entry(alignment)];
        counted_.allocated_bytes += static_cast<std::int64_t>(bytes);
        ++counted_.allocations;
        if (const std::int64_t live = live_bytes(); live > counted_.peak_bytes) [[unlikely]] {
            counted_.peak_bytes = live;
        }
        if (const std::int64_t live = live_blocks(); live > counted_.peak_blocks) [[unlikely]] {
            counted_.peak_blocks = live;
        }
    }

    void deallocated(std::size_t bytes) noexcept {
        counted_.deallocated_bytes += static_cast<std::int64_t>(bytes);
        ++counted_.deallocations;
    }

    /// Counts a live block that grew by so many bytes, or shrank where `by` is negative.
    void resized(std::int64_t by) noexcept {
        (by > 0 ? counted_.allocated_bytes : counted_.deallocated_bytes) += by > 0 ? by : -by;
        if (counted_.peak_bytes < live_bytes()) {
            counted_.peak_bytes = live_bytes();
        }
    }

    void failed() noexcept { ++counted_.failures; }

    [[nodiscard]] allocation_stats snapshot() const noexcept {
        allocation_stats now = counted_;
        now.live_bytes = live_bytes();
        now.live_blocks = live_blocks();
        return now;
    }

private:
    [[nodiscard]] std::int64_t live_bytes() const noexcept {
        return counted_.allocated_bytes - counted_.deallocated_bytes;
    }
    [[nodiscard]] std::int64_t live_blocks() const noexcept {
        return counted_.allocations - counted_.deallocations;
    }

    allocation_stats counted_;  // all but what is live
};

}  // namespace strata::detail

#endif
