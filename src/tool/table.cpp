// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/table.hpp"

#include <algorithm>
#include <cstddef>
#include <ostream>

#include <strata/detail/text.hpp>

namespace strata::tool {

std::ostream& operator<<(std::ostream& out, const table& of) {
    std::vector<std::size_t> widths(of.rows_.front().size());
    for (const table::row& each : of.rows_) {
        for (std::size_t i = 0; i != each.size(); ++i) {
            widths[i] = std::max(widths[i], detail::columns_of(each[i]));
        }
    }
    for (const table::row& each : of.rows_) {
        for (std::size_t i = 0; i != each.size(); ++i) {
            const std::string room(widths[i] - detail::columns_of(each[i]), ' ');
            const bool is_last = i + 1 == each.size();
            out << (i == 0 ? "" : "  ");
            if (i >= of.numbers_from_) {
                out << room << each[i];
            } else {
                out << each[i] << (is_last ? "" : room);
            }
        }
        out << '\n';
    }
    return out;
}

}  // namespace strata::tool
