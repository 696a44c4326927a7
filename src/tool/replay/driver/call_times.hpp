// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_CALL_TIMES_HPP
#define STRATA_TOOL_REPLAY_DRIVER_CALL_TIMES_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "trace/live_clock.hpp"

namespace strata::tool::replay {

/// How long calls took, in ticks of the clock: a histogram with 16 buckets for each power of two,
/// so a quantile is exact to 6 %.
class call_times {
public:
    /// The clock that all threads share.
    static const detail::live_clock& clock() noexcept {
        static const detail::live_clock one;
        return one;
    }

    /// Counts the time of its life. What two reads of the clock take is left out.
    class taking {
    public:
        explicit taking(call_times& to) noexcept : to_{to}, begin_{clock().now()} {}
        taking(const taking&) = delete;
        taking& operator=(const taking&) = delete;
        ~taking() {
            const std::uint64_t ticks = clock().now() - begin_;
            to_.add(ticks - std::min(ticks, own_cost()));
        }

    private:
        call_times& to_;
        std::uint64_t begin_;
    };

    void add(std::uint64_t ticks) noexcept {
        ++counts_[bucket_of(ticks)];
        worst_ = std::max(worst_, ticks);
    }
    void add(const call_times& other) noexcept {
        for (std::size_t i = 0; i != buckets; ++i) {
            counts_[i] += other.counts_[i];
        }
        worst_ = std::max(worst_, other.worst_);
    }

    [[nodiscard]] std::uint64_t calls() const noexcept {
        std::uint64_t all = 0;
        for (const std::uint64_t each : counts_) {
            all += each;
        }
        return all;
    }
    /// The ticks that a part of the calls, from 0 to 1, did not exceed.
    [[nodiscard]] std::uint64_t quantile(double part) const noexcept {
        const std::uint64_t all = calls();
        const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(all));
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i != buckets; ++i) {
            sum += counts_[i];
            if (sum > wanted || (sum == all && sum != 0)) {
                return std::min(least_of(i + 1) - 1, worst_);
            }
        }
        return 0;
    }
    [[nodiscard]] std::uint64_t worst() const noexcept { return worst_; }

private:
    static constexpr std::size_t buckets = 16 * 61;

    // Below 16 each number has a bucket; then the four bits below the highest divide each power.
    static std::size_t bucket_of(std::uint64_t ticks) noexcept {
        const auto width = static_cast<std::size_t>(std::bit_width(ticks));
        return width <= 4 ? ticks : 16 * (width - 4) + ((ticks >> (width - 5)) & 15);
    }
    static std::uint64_t least_of(std::size_t bucket) noexcept {
        return bucket < 16 ? bucket : (16 + bucket % 16) << (bucket / 16 - 1);
    }

    static std::uint64_t own_cost() noexcept {
        static const std::uint64_t least = [] {
            std::uint64_t cost = ~std::uint64_t{0};
            for (int i = 0; i != 1000; ++i) {
                const std::uint64_t begin = clock().now();
                cost = std::min(cost, clock().now() - begin);
            }
            return cost;
        }();
        return least;
    }

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t worst_ = 0;
};

}  // namespace strata::tool::replay

#endif
