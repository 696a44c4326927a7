// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/sample_weights.hpp"

#include <algorithm>
#include <cmath>

namespace strata::tool::trace {

double sample_weights::exact(std::uint64_t size) const noexcept {
    const auto counted = static_cast<double>(std::max<std::uint64_t>(size, 1));
    return -1 / std::expm1(-counted / static_cast<double>(mean_distance_));
}

std::uint32_t sample_weights::next_blocks(std::uint64_t size) noexcept {
    if (!is_of_sample()) {
        return 1;
    }
    left_over_ += exact(size);
    const double whole = std::floor(left_over_);
    left_over_ -= whole;
    return static_cast<std::uint32_t>(whole);
}

std::uint64_t sample_weights::bytes(std::uint64_t size) const noexcept {
    if (!is_of_sample()) {
        return size;
    }
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(size) * exact(size)));
}

}  // namespace strata::tool::trace
