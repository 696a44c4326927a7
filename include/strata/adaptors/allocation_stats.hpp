// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_ALLOCATION_STATS_HPP
#define STRATA_ADAPTORS_ALLOCATION_STATS_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

#include <strata/core/label.hpp>

namespace strata {

/// Counts in powers of two: entry i counts values above 2^(i-1) and up to 2^i.
using histogram = std::array<std::int64_t, 64>;

/// The counts of a stream of allocations: a value to keep, compare and subtract.
///
///     auto before = memory.snapshot();
///     work();
///     std::cout << memory.snapshot() - before;  // or to_json(...)
///
/// All counts are signed, because a difference may be negative: live blocks may have been freed.
struct allocation_stats {
    /// Of the blocks that are not freed yet.
    std::int64_t live_bytes = 0;
    std::int64_t live_blocks = 0;
    std::int64_t peak_bytes = 0;   ///< the most live bytes at once
    std::int64_t peak_blocks = 0;  ///< the most live blocks at once
    /// Calls that served or freed a block.
    std::int64_t allocations = 0;
    std::int64_t deallocations = 0;
    std::int64_t allocated_bytes = 0;    ///< with the growth of blocks in place
    std::int64_t deallocated_bytes = 0;  ///< with their shrinking in place
    std::int64_t failures = 0;  ///< allocations that threw; counted nowhere else
    histogram sizes{};          ///< allocations by size
    histogram alignments{};     ///< allocations by alignment

    /// The entry of `sizes` in which blocks of so many bytes are counted.
    [[nodiscard]] static constexpr std::size_t size_entry(std::size_t bytes) noexcept {
        // Not `std::bit_width`: it returns a signed number in some libraries, an unsigned one in
        // others.
        const int width = bytes <= 1 ? 0 : 64 - std::countl_zero(bytes - 1);
        return static_cast<std::size_t>(width < 63 ? width : 63);
    }
    /// The entry of `alignments` in which blocks of this alignment are counted.
    [[nodiscard]] static constexpr std::size_t alignment_entry(std::size_t alignment) noexcept {
        return static_cast<std::size_t>(std::countr_zero(alignment)) & 63;
    }

    /// Entry by entry. The difference of two peaks is how much the peak rose between them. For the
    /// peak of the time between them, use a `stats_scope`.
    allocation_stats& operator-=(const allocation_stats& earlier) noexcept;
    friend allocation_stats operator-(allocation_stats later,
                                      const allocation_stats& earlier) noexcept {
        return later -= earlier;
    }

    /// Entry by entry, for the sum of several resources. The peak of the sum is the sum of the
    /// peaks, although the resources may have had less at any one time.
    allocation_stats& operator+=(const allocation_stats& other) noexcept;
    friend allocation_stats operator+(allocation_stats left,
                                      const allocation_stats& right) noexcept {
        return left += right;
    }

    friend bool operator==(const allocation_stats&, const allocation_stats&) = default;
};

namespace detail {
class text_writer;
/// Writes the text of the `operator<<` below, without an allocation.
void write(text_writer& to, const allocation_stats& stats);
}  // namespace detail

/// Writes the counts as lines of text; histograms leave out entries of 0.
std::ostream& operator<<(std::ostream& out, const allocation_stats& stats);

/// As one JSON object with the names of the members; histograms are objects that map the upper
/// bound of an entry, in bytes, to its count, and leave out entries of 0.
[[nodiscard]] std::string to_json(const allocation_stats& stats);
/// The same with a first member `name`: the name of the resource that counted.
///
///     to_json(memory.snapshot(), memory.label());
[[nodiscard]] std::string to_json(const allocation_stats& stats, const label& name);

}  // namespace strata

#endif
