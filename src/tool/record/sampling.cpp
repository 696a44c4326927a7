// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/record/sampling.hpp"

#include <cmath>

namespace strata::tool::recorder {
namespace {

constexpr std::uint64_t golden_ratio = 0x9E37'79B9'7F4A'7C15;

// The output function of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014). Its state only counts up, so threads can share it without a lock.
std::uint64_t mixed(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30)) * 0xBF58'476D'1CE4'E5B9;
    number = (number ^ (number >> 27)) * 0x94D0'49BB'1331'11EB;
    return number ^ (number >> 31);
}

}  // namespace

// A thread that has just begun may have its first point behind this allocation.
[[gnu::cold, gnu::noinline]] bool sampling::takes_at_point(std::uint64_t size,
                                                           std::uint64_t& distance) noexcept {
    if (distance == 0) {
        distance = draw();
        if (size < distance) {
            distance -= size;
            return false;
        }
    }
    distance = draw();
    return true;
}

// Rounded up to whole bytes: a distance is at most n bytes, for a whole n, if and only if the
// rounded one is. So rounding changes no probability.
std::uint64_t sampling::draw() noexcept {
    const std::uint64_t random =
        mixed(dice_.fetch_add(golden_ratio, std::memory_order_relaxed) + golden_ratio);
    const double in_0_to_1 = static_cast<double>((random >> 11) + 1) * 0x1p-53;
    const double exact = -std::log(in_0_to_1) * static_cast<double>(mean_distance_);
    return std::max<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(exact)), 1);
}

}  // namespace strata::tool::recorder
