// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_STRATEGIES_CLASS_FOR_HPP
#define STRATA_SRC_STRATEGIES_CLASS_FOR_HPP

#include <algorithm>
#include <cstddef>

#include <strata/strategies/detail/chunks.hpp>
#include <strata/strategies/detail/rounded.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

/// The largest size class from 1 to below `end` that can use what is left of a chunk, and of which
/// `lacks(index)` is true; 0 if there is none.
template <class Lacks>
std::size_t class_for(const piece& rest, std::size_t end, Lacks lacks) {
    if (rest.bytes() < size_of_class(1)) {
        return 0;
    }
    std::size_t index = size_class_of(std::min(rest.bytes(), largest_class_size) - 1);
    for (index = std::min(index, end - 1); index != 0; --index) {
        const std::size_t size = size_of_class(index);
        if (size <= rest.bytes() && lacks(index) &&
            rounded(rest.begin, alignment_of_class_size(size)) == rest.begin) {
            break;
        }
    }
    return index;
}

}  // namespace strata::detail

#endif
