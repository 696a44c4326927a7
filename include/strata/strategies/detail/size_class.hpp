// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_SIZE_CLASS_HPP
#define STRATA_STRATEGIES_DETAIL_SIZE_CLASS_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

// Size classes: multiples of 8 bytes up to 128, then 8 classes a doubling, so that above 64 bytes a
// block is less than 12.5 % larger than the request.
//
// The class of a request follows from its *reach*, (bytes - 1) | (alignment - 1). The reach is one
// less than a multiple of the alignment, so the size of its class is a multiple of the alignment
// too. Blocks are aligned to the lowest bit of their size, so they have every alignment asked for.
namespace strata::detail {

constexpr std::size_t size_class_count = 136;
constexpr std::size_t largest_class_size = std::size_t{1} << 22;

[[nodiscard]] constexpr std::size_t reach_of(std::size_t bytes, std::size_t alignment) noexcept {
    return (bytes - 1) | (alignment - 1);
}

/// The class for a reach below `largest_class_size`.
[[nodiscard]] constexpr std::size_t size_class_of(std::size_t reach) noexcept {
    const auto top = static_cast<unsigned>(std::bit_width(reach | 64)) - 1;
    return (top - 6) * std::size_t{8} + (reach >> (top - 3));
}

/// The size, in bytes, of the blocks of a class.
[[nodiscard]] constexpr std::size_t size_of_class(std::size_t index) noexcept {
    return index < 8 ? (index + 1) * 8 : (9 + (index & 7)) << ((index >> 3) + 2);
}

/// The alignment, in bytes, of the blocks of a class of this size: its lowest bit.
[[nodiscard]] constexpr std::size_t alignment_of_class_size(std::size_t size) noexcept {
    return size & (0 - size);
}

/// Reaches below this find their class in a table. That is quicker than to compute it, and, with
/// mixed sizes, than a branch between the two.
constexpr std::size_t table_reach = 16384;

// Hidden: a symbol that is unique in the process would keep a plugin from being unloaded.
[[gnu::visibility("hidden")]] inline constexpr auto size_class_table = [] {
    std::array<std::uint8_t, table_reach / 8> table{};
    // Class by class, and with a pointer: compilers evaluate that in a tenth of the time.
    std::uint8_t* entry = table.data();
    for (std::size_t index = 0, reached = 0; reached != table.size(); ++index) {
        for (; reached != size_of_class(index) / 8; ++reached) {
            *entry++ = static_cast<std::uint8_t>(index);
        }
    }
    return table;
}();

}  // namespace strata::detail

#endif
