// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/link_code.hpp>

#include <unistd.h>

namespace strata::detail {
namespace {

// 2^64 divided by the golden ratio, made odd: the multiplier of Fibonacci hashing, after D. Knuth,
// "The Art of Computer Programming", volume 3, section 6.4.
constexpr std::uint64_t multiplier = 0x9E37'79B9'7F4A'7C15;

// By Newton's method: each step doubles the bits that are right.
constexpr std::uint64_t inverse = [] {
    std::uint64_t x = multiplier;
    for (int step = 0; step != 5; ++step) {
        x *= 2 - multiplier * x;
    }
    return x;
}();
static_assert(multiplier * inverse == 1);

std::uint64_t number(const void* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address);
}

std::uint64_t secret_of_process() noexcept {
    static const std::uint64_t secret = [] {
        std::uint64_t random = 0;
        // Where the system has none to give, the place of its stack has to do.
        return getentropy(&random, sizeof(random)) == 0 ? random : number(&random);
    }();
    return secret;
}

}  // namespace

link_code link_code::of(const void* pool) noexcept {
    link_code code;
    code.secret_ = (secret_of_process() ^ number(pool)) * multiplier | 1;
    return code;
}

// A product carries what changes in a bit to the bits above it, up to those that no address has;
// with the bytes turned around, the bits most likely to be overwritten lie below the most others.
link* link_code::coded(const link* next, const link* at) const noexcept {
    const std::uint64_t mixed = (number(next) ^ secret_ ^ number(at) << 8) * multiplier;
    return reinterpret_cast<link*>(__builtin_bswap64(mixed));
}

link* link_code::decoded(const link* stored, const link* at) const noexcept {
    const std::uint64_t mixed = __builtin_bswap64(number(stored));
    return reinterpret_cast<link*>((mixed * inverse) ^ secret_ ^ number(at) << 8);
}

}  // namespace strata::detail
