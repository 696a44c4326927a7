// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_ROUND_UP_HPP
#define STRATA_DETAIL_ROUND_UP_HPP

#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// `std::has_single_bit` counts all bits, by calling a function where processors may have no
/// instruction for that.
constexpr bool is_power_of_two(std::size_t number) noexcept {
    return number != 0 && (number & (number - 1)) == 0;
}

/// How many bytes lie between a position and the next multiple of the alignment, a power of two.
constexpr std::size_t padding_at(std::size_t position, std::size_t alignment) noexcept {
    return (0 - position) & (alignment - 1);
}
inline std::size_t padding_at(const std::byte* position, std::size_t alignment) noexcept {
    return padding_at(reinterpret_cast<std::uintptr_t>(position), alignment);
}

/// The next multiple of `unit`, a power of two. The sum must not wrap.
constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) noexcept {
    return (bytes + unit - 1) & (0 - unit);
}
inline std::byte* round_up(std::byte* address, std::size_t alignment) noexcept {
    return address + padding_at(address, alignment);
}

}  // namespace strata::detail

#endif
