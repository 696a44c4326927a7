// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_PLAIN_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_PLAIN_TALLY_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <strata/adaptors/allocation_stats.hpp>

namespace strata::detail {

/// The counts of a `stats_resource` or a `stats_scope`, for one thread at a time. A call updates as
/// few numbers as possible; `snapshot` derives the others.
class plain_tally {
public:
    void allocated(std::size_t bytes, std::size_t alignment) noexcept {
        ++sizes_[quick_entry(bytes)];
        if (alignment != usual_alignment) {
            ++alignments_[allocation_stats::alignment_entry(alignment)];
        }
        allocated_bytes_ += static_cast<std::int64_t>(bytes);
        if ((bytes_to_peak_ -= static_cast<std::int64_t>(bytes)) < 0) [[unlikely]] {
            raise(peak_bytes_, bytes_to_peak_);
        }
        if (--blocks_to_peak_ < 0) [[unlikely]] {
            raise(peak_blocks_, blocks_to_peak_);
        }
    }

    void deallocated(std::size_t bytes) noexcept {
        bytes_to_peak_ += static_cast<std::int64_t>(bytes);
        ++blocks_to_peak_;
    }

    /// Counts a live block that grew by `by` bytes, or shrank if `by` is negative.
    void resized(std::int64_t by) noexcept {
        allocated_bytes_ += by > 0 ? by : 0;
        if ((bytes_to_peak_ -= by) < 0) {
            raise(peak_bytes_, bytes_to_peak_);
        }
    }

    void failed() noexcept { ++failures_; }

    [[nodiscard]] allocation_stats snapshot() const noexcept {
        allocation_stats now;
        now.sizes = sizes_;
        now.sizes.front() += std::exchange(now.sizes.back(), 0);
        now.allocations = sum(sizes_);
        now.alignments = alignments_;
        now.alignments[allocation_stats::alignment_entry(usual_alignment)] =
            now.allocations - sum(alignments_);
        now.peak_bytes = peak_bytes_;
        now.peak_blocks = peak_blocks_;
        now.live_bytes = peak_bytes_ - bytes_to_peak_;
        now.live_blocks = peak_blocks_ - blocks_to_peak_;
        now.allocated_bytes = allocated_bytes_;
        now.deallocated_bytes = allocated_bytes_ - now.live_bytes;
        now.deallocations = now.allocations - now.live_blocks;
        now.failures = failures_;
        return now;
    }

private:
    static constexpr std::size_t usual_alignment = alignof(void*);

    /// As `allocation_stats::size_entry`, in two instructions: the highest bit of 2 * bytes - 1. A
    /// size of 0 is counted in the last entry, since no block is so large.
    [[nodiscard]] static std::size_t quick_entry(std::size_t bytes) noexcept {
        return static_cast<std::size_t>(std::countl_zero((2 * bytes - 1) | 1) ^ 63);
    }

    [[nodiscard]] static std::int64_t sum(const histogram& of) noexcept {
        std::int64_t all = 0;
        for (const std::int64_t count : of) {
            all += count;
        }
        return all;
    }

    static void raise(std::int64_t& peak, std::int64_t& to_peak) noexcept {
        peak -= std::exchange(to_peak, 0);
    }

    // The numbers that count down to the peaks are not side by side: g++ would change both as one
    // vector, with twice the instructions.
    std::int64_t bytes_to_peak_ = 0;  // how much more may be live until the peak rises
    std::int64_t peak_bytes_ = 0;
    std::int64_t blocks_to_peak_ = 0;
    std::int64_t peak_blocks_ = 0;
    std::int64_t allocated_bytes_ = 0;
    std::int64_t failures_ = 0;
    histogram sizes_{};
    histogram alignments_{};  // without the usual one
};

}  // namespace strata::detail

#endif
