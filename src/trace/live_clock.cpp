// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "live_clock.hpp"

#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace strata::detail {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

bool has_constant_counter() noexcept {
#if defined(__x86_64__)
    constexpr unsigned power_management = 0x8000'0007;
    constexpr unsigned invariant = 1U << 8;
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(power_management, &a, &b, &c, &d) != 0 && (d & invariant) != 0;
#else
    return true;  // of ARM: always constant
#endif
}

}  // namespace

live_clock::live_clock() noexcept : has_counter_{has_constant_counter()}, start_{both()} {}

std::uint64_t live_clock::nanoseconds() noexcept {
    timespec time{};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * second +
           static_cast<std::uint64_t>(time.tv_nsec);
}

// The thread may lose its processor between two of the three reads, so the closest of some tries.
live_clock::moment live_clock::both() const noexcept {
    moment best{};
    std::uint64_t closest = UINT64_MAX;
    for (int tries = 0; tries != 4; ++tries) {
        const std::uint64_t before = now();
        const std::uint64_t time = nanoseconds();
        const std::uint64_t between = now() - before;
        if (between < closest) {
            closest = between;
            best = {before + between / 2, time};
        }
    }
    return best;
}

std::uint64_t live_clock::ticks_per_second() const noexcept {
    const moment end = both();
    const std::uint64_t passed = end.nanoseconds - start_.nanoseconds;
    if (passed == 0) {
        return second;
    }
    const double per_nanosecond =
        static_cast<double>(end.ticks - start_.ticks) / static_cast<double>(passed);
    return static_cast<std::uint64_t>(per_nanosecond * static_cast<double>(second) + 0.5);
}

}  // namespace strata::detail
