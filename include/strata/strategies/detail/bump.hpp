// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_BUMP_HPP
#define STRATA_STRATEGIES_DETAIL_BUMP_HPP

#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// Takes a block from between `position` and `end`, if it fits. Room is computed by subtraction, so
/// that no size or alignment can wrap. (A size of 0 wraps to the largest size, and so does not
/// fit.)
[[nodiscard]] inline bool bump(std::byte*& position, std::byte* end, std::size_t bytes,
                               std::size_t alignment, void*& block) noexcept {
    const auto limit = reinterpret_cast<std::uintptr_t>(end);
    const auto at = (reinterpret_cast<std::uintptr_t>(position) + alignment - 1) &
                    (std::uintptr_t{0} - alignment);
    if (at > limit || bytes - 1 >= limit - at) [[unlikely]] {
        return false;
    }
    auto* begin = reinterpret_cast<std::byte*>(at);
    position = begin + bytes;
    block = begin;
    return true;
}

}  // namespace strata::detail

#endif
