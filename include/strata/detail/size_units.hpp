// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_SIZE_UNITS_HPP
#define STRATA_DETAIL_SIZE_UNITS_HPP

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <strata/detail/text.hpp>

namespace strata::detail {

struct size_unit {
    std::string_view name;
    std::uint64_t bytes;
};

/// The units of sizes in texts, from the smallest.
inline constexpr std::array size_units{
    size_unit{"B", 1},
    size_unit{"KiB", std::uint64_t{1} << 10},
    size_unit{"MiB", std::uint64_t{1} << 20},
    size_unit{"GiB", std::uint64_t{1} << 30},
    size_unit{"TiB", std::uint64_t{1} << 40},
};

/// A size exactly, in the largest unit that divides it; bytes have none: "4KiB", "100".
[[nodiscard]] inline std::string exact_size(std::uint64_t bytes) {
    const size_unit* best = &size_units.front();
    for (const size_unit& unit : size_units) {
        if (bytes != 0 && bytes % unit.bytes == 0) {
            best = &unit;
        }
    }
    return decimal(bytes / best->bytes) +
           std::string{best->bytes == 1 ? std::string_view{} : best->name};
}

}  // namespace strata::detail

#endif
