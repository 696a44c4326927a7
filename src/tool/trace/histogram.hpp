// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_HISTOGRAM_HPP
#define STRATA_TOOL_TRACE_HISTOGRAM_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace strata::tool::trace {

/// Counts numbers by powers of two: 0, 1, 2 to 3, 4 to 7, and so on.
class histogram {
public:
    static constexpr std::size_t buckets = 65;

    void add(std::uint64_t number, std::uint64_t times = 1) noexcept {
        counts_[bucket_of(number)] += times;
    }
    [[nodiscard]] static constexpr std::size_t bucket_of(std::uint64_t number) noexcept {
        return static_cast<std::size_t>(std::bit_width(number));
    }
    [[nodiscard]] std::uint64_t in(std::size_t bucket) const noexcept { return counts_[bucket]; }
    [[nodiscard]] std::uint64_t total() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : counts_) {
            sum += each;
        }
        return sum;
    }
    /// The least number of a bucket.
    [[nodiscard]] static constexpr std::uint64_t least(std::size_t bucket) noexcept {
        return bucket == 0 ? 0 : std::uint64_t{1} << (bucket - 1);
    }

private:
    std::array<std::uint64_t, buckets> counts_{};
};

}  // namespace strata::tool::trace

#endif
