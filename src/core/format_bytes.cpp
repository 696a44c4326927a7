// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/format_bytes.hpp>

#include <array>
#include <cmath>

#include <strata/detail/text.hpp>

namespace strata {

std::string format_bytes(std::int64_t bytes) {
    auto amount = static_cast<double>(bytes);
    if (std::abs(amount) < 10.0 * 1024) {
        return detail::decimal(bytes) + " B";
    }
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    amount /= 1024;
    while (std::abs(amount) >= 1023.95 && unit + 1 != units.size()) {  // else "1024.0"
        amount /= 1024;
        ++unit;
    }
    return detail::decimal(amount, 1) + " " + units[unit];
}

}  // namespace strata
