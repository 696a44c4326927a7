// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/segregator_resource.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>

#include <strata/core/option_list.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

void detail::check_ascending(std::span<const std::size_t> bounds) {
    const auto wrong = std::ranges::adjacent_find(bounds, std::greater_equal{});
    if (wrong != bounds.end()) {
        raise_error(
            std::invalid_argument{"strata: the bounds of a segregator must ascend, but " +
                                  decimal(wrong[0]) + " is followed by " + decimal(wrong[1])});
    }
}

void detail::list_thresholds(option_list& to, bool of_alignments,
                             std::span<const std::size_t> bounds) {
    if (of_alignments) {
        to.add("by", "alignment");
    }
    for (const std::size_t bound : bounds) {
        to.add({}, bound, option_type::size);
    }
}

template class segregator_resource<std::pmr::memory_resource, std::pmr::memory_resource>;

}  // namespace strata
