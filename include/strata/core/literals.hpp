// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_LITERALS_HPP
#define STRATA_CORE_LITERALS_HPP

#include <cstddef>
#include <limits>

#include <strata/diagnostics/detail/raise.hpp>

/// Sizes in bytes with binary units: `using namespace strata::literals; auto n = 64_KiB;`.
///
/// Errors: a size that does not fit `std::size_t` does not compile in a constant expression, and
/// throws `std::overflow_error` elsewhere.
namespace strata::literals {

namespace detail {

// Not consteval: clang 14 leaves calls of such literals behind in some templates.
constexpr std::size_t bytes(unsigned long long count, std::size_t unit) {
    if (count > std::numeric_limits<std::size_t>::max() / unit) {
        strata::detail::raise_size_too_large();
    }
    return static_cast<std::size_t>(count) * unit;
}

}  // namespace detail

constexpr std::size_t operator""_B(unsigned long long count) {
    return detail::bytes(count, 1);
}
constexpr std::size_t operator""_KiB(unsigned long long count) {
    return detail::bytes(count, std::size_t{1} << 10);
}
constexpr std::size_t operator""_MiB(unsigned long long count) {
    return detail::bytes(count, std::size_t{1} << 20);
}
constexpr std::size_t operator""_GiB(unsigned long long count) {
    return detail::bytes(count, std::size_t{1} << 30);
}
constexpr std::size_t operator""_TiB(unsigned long long count) {
    return detail::bytes(count, std::size_t{1} << 40);
}

}  // namespace strata::literals

#endif
