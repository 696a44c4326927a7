// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_LIVE_CLOCK_HPP
#define STRATA_SRC_TRACE_LIVE_CLOCK_HPP

#include <cstdint>

namespace strata::detail {

/// The clock of a live trace: the time stamp counter of the processor if all cores share one at a
/// constant rate, otherwise the system's monotonic clock in nanoseconds.
///
/// Blocks go from thread to thread, so a thread must not read the counter before it has read the
/// block's address: each read waits until all earlier loads are done.
class live_clock {
public:
    live_clock() noexcept;

    [[nodiscard]] std::uint64_t now() const noexcept {
#if defined(__x86_64__)
        if (has_counter_) [[likely]] {
            std::uint32_t low;
            std::uint32_t high;
            asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
            return (std::uint64_t{high} << 32) | low;
        }
#elif defined(__aarch64__)
        if (has_counter_) [[likely]] {
            std::uint64_t ticks;
            asm volatile("dsb ishld\n\tisb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
            return ticks;
        }
#endif
        return nanoseconds();
    }

    /// The clock at the construction.
    [[nodiscard]] std::uint64_t start() const noexcept {
        return start_.ticks;
    }
    /// Measured from the construction to now: the longer that is, the more precise.
    [[nodiscard]] std::uint64_t ticks_per_second() const noexcept;

private:
    struct moment {
        std::uint64_t ticks;
        std::uint64_t nanoseconds;
    };

    [[nodiscard]] static std::uint64_t nanoseconds() noexcept;
    [[nodiscard]] moment both() const noexcept;

    bool has_counter_;
    moment start_;
};

}  // namespace strata::detail

#endif
