// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_PLAIN_TALLY_HPP
#define STRATA_ADAPTORS_DETAIL_PLAIN_TALLY_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/detail/entries.hpp>
#include <strata/adaptors/detail/in_memory.hpp>
#include <strata/adaptors/detail/quick_count.hpp>

namespace strata::detail {

/// The entries of a histogram, all 0 at first.
class cleared_entries {
public:
    void count(std::size_t entry) noexcept { ++entries_[entry]; }
    [[nodiscard]] histogram all() const noexcept { return entries_; }

private:
    histogram entries_{};
};

/// The same, quick to make: an entry is set to 0 when it first counts.
class lazy_entries {
public:
    // Not defaulted: `lazy_entries{}` would then clear the entries.
    lazy_entries() noexcept {}  // NOLINT(modernize-use-equals-default)

    void count(std::size_t entry) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << entry;
        entries_[entry] = (used_ & bit) != 0 ? entries_[entry] + 1 : 1;
        used_ |= bit;
    }
    [[nodiscard]] histogram all() const noexcept {
        histogram counts{};
        for (std::size_t i = 0; i != counts.size(); ++i) {
            counts[i] = (used_ >> i & 1) != 0 ? entries_[i] : 0;
        }
        return counts;
    }

private:
    std::uint64_t used_ = 0;
    std::array<std::int64_t, 64> entries_;
};

/// The counts of a `stats_resource` or a `stats_scope`, for one thread at a time. A call updates as
/// few numbers as possible; `snapshot` derives the others.
///
/// Live bytes can be at a peak only right before a free, or when a snapshot is taken. So frees look
/// for a peak of bytes, and allocations only add. Live blocks are counted down to their peak.
///
/// While there are scopes, both limits are moved far away (`watch`). Then quick counts leave each
/// call to the slow paths, which tell the scopes.
template <class Entries>
class plain_tally {
public:
    void allocated(std::size_t bytes, std::size_t alignment) noexcept {
        if (allocated_quickly(bytes, alignment) == quick_count::look_due) {
            look();
        }
    }
    void deallocated(std::size_t bytes) noexcept {
        shrink(static_cast<std::int64_t>(bytes));
        ++blocks_to_peak_;
    }
    /// Counts a live block that grew by `by` bytes, or shrank if `by` is negative.
    void resized(std::int64_t by) noexcept {
        if (by > 0) {
            allocated_bytes_ += by;
        } else {
            shrink(-by);
        }
    }
    void failed() noexcept { ++failures_; }

    [[nodiscard]] quick_count allocated_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        sizes_.count(quick_size_entry(bytes));
        if (alignment != usual_alignment) {
            alignments_.count(allocation_stats::alignment_entry(alignment));
        }
        allocated_bytes_ += static_cast<std::int64_t>(bytes);
        return falls_below_0(blocks_to_peak_, 1) ? quick_count::look_due : quick_count::done;
    }
    [[nodiscard]] quick_count deallocated_quickly(std::size_t bytes) noexcept {
        if (is_above(allocated_bytes_, limit_)) [[unlikely]] {
            return quick_count::refused;
        }
        add_in_memory(limit_, static_cast<std::int64_t>(bytes));
        add_in_memory(blocks_to_peak_, 1);
        return quick_count::done;
    }
    void look() noexcept {
        const std::int64_t left = blocks_to_peak_ + watched_by_;
        if (left < 0) {
            peak_blocks_ -= left;
            blocks_to_peak_ -= left;
        }
    }
    /// From here on, or no longer, quick counts leave all calls to the slow paths.
    void watch(bool begins) noexcept {
        const std::int64_t by = begins ? far : 0;
        limit_ += watched_by_ - by;
        blocks_to_peak_ += watched_by_ - by;
        watched_by_ = by;
    }

    [[nodiscard]] allocation_stats snapshot() const noexcept {
        allocation_stats now;
        now.sizes = sizes_.all();
        now.sizes.front() += std::exchange(now.sizes.back(), 0);
        now.alignments = alignments_.all();
        now.allocations = sum(now.sizes);
        now.alignments[allocation_stats::alignment_entry(usual_alignment)] =
            now.allocations - sum(now.alignments);
        const std::int64_t limit = limit_ + watched_by_;
        now.allocated_bytes = allocated_bytes_;
        now.deallocated_bytes = limit - peak_bytes_;
        now.live_bytes = now.allocated_bytes - now.deallocated_bytes;
        now.peak_bytes = allocated_bytes_ > limit ? now.live_bytes : peak_bytes_;
        now.live_blocks = peak_blocks_ - (blocks_to_peak_ + watched_by_);
        now.peak_blocks = peak_blocks_;
        now.deallocations = now.allocations - now.live_blocks;
        now.failures = failures_;
        return now;
    }

private:
    static constexpr std::int64_t far = std::int64_t{1} << 62;

    [[nodiscard]] static std::int64_t sum(const histogram& of) noexcept {
        std::int64_t all = 0;
        for (const std::int64_t count : of) {
            all += count;
        }
        return all;
    }
    void shrink(std::int64_t by) noexcept {
        const std::int64_t above = allocated_bytes_ - (limit_ + watched_by_);
        if (above > 0) {
            peak_bytes_ += above;
            limit_ += above;
        }
        limit_ += by;
    }

    std::int64_t allocated_bytes_ = 0;
    std::int64_t limit_ = 0;  // freed bytes + their peak: with more allocated, that is a peak
    std::int64_t blocks_to_peak_ = 0;  // how many more may be live until their peak rises
    std::int64_t watched_by_ = 0;      // by how much these two are lower while there are scopes
    std::int64_t peak_bytes_ = 0;
    std::int64_t peak_blocks_ = 0;
    std::int64_t failures_ = 0;
    Entries sizes_;
    Entries alignments_;  // without the usual one
};

}  // namespace strata::detail

#endif
