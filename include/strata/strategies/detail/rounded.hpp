// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_ROUNDED_HPP
#define STRATA_STRATEGIES_DETAIL_ROUNDED_HPP

#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// Up to the next multiple of a power of two.
constexpr std::size_t rounded(std::size_t bytes, std::size_t multiple) noexcept {
    return (bytes + multiple - 1) & ~(multiple - 1);
}

inline std::byte* rounded(std::byte* address, std::size_t alignment) noexcept {
    return address + ((0 - reinterpret_cast<std::uintptr_t>(address)) & (alignment - 1));
}

}  // namespace strata::detail

#endif
