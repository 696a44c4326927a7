// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LINK_CODE_HPP
#define STRATA_STRATEGIES_DETAIL_LINK_CODE_HPP

#include <cstdint>

#include <strata/strategies/detail/link.hpp>

namespace strata::detail {

/// Reads and writes the links of free blocks: as they are, or coded with a secret. If any bit of a
/// coded link is overwritten, it most likely decodes to an address that no block can have.
class link_code {
public:
    /// Links as they are.
    link_code() = default;
    /// Coded, differently for each pool.
    static link_code of(const void* pool) noexcept;

    [[nodiscard]] bool is_on() const noexcept { return secret_ != 0; }

    [[nodiscard]] link* read(const link* from) const noexcept {
        link* const stored = next_of(from);
        return is_on() ? decoded(stored, from) : stored;
    }
    void write(link* from, link* next) const noexcept {
        set_next(from, is_on() ? coded(next, from) : next);
    }

    // The same, for callers that know that links are coded.
    [[nodiscard]] link* read_coded(const link* from) const noexcept {
        return decoded(next_of(from), from);
    }
    void write_coded(link* from, link* next) const noexcept { set_next(from, coded(next, from)); }

private:
    // 2^64 divided by the golden ratio, made odd: the multiplier of Fibonacci hashing, after
    // D. Knuth, "The Art of Computer Programming", volume 3, section 6.4.
    static constexpr std::uint64_t multiplier = 0x9E37'79B9'7F4A'7C15;
    // By Newton's method: each step doubles the number of correct bits.
    static constexpr std::uint64_t inverse = [] {
        std::uint64_t x = multiplier;
        for (int step = 0; step != 5; ++step) {
            x *= 2 - multiplier * x;
        }
        return x;
    }();
    static_assert(multiplier * inverse == 1);

    static std::uint64_t secret_of_process() noexcept;
    static std::uint64_t number(const void* address) noexcept {
        return reinterpret_cast<std::uintptr_t>(address);
    }

    // A changed bit in one factor changes the product at that bit and most likely above it, up to
    // the 16 upper bits, which no address has. The bytes are reversed, so that a change of the
    // first two bytes in memory changes only those 16 bits of the decoded link, and is always
    // found.
    [[nodiscard]] link* coded(const link* next, const link* at) const noexcept {
        const std::uint64_t mixed = (number(next) ^ secret_ ^ number(at) << 8) * multiplier;
        return reinterpret_cast<link*>(__builtin_bswap64(mixed));
    }
    [[nodiscard]] link* decoded(const link* stored, const link* at) const noexcept {
        const std::uint64_t mixed = __builtin_bswap64(number(stored));
        return reinterpret_cast<link*>((mixed * inverse) ^ secret_ ^ number(at) << 8);
    }

    std::uintptr_t secret_ = 0;
};

}  // namespace strata::detail

#endif
