// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/block_checker.hpp>

#include <memory_resource>

#include <strata/core/layer_tree.hpp>

namespace strata::detail {

void tell_checker_of_end(const resource& whole) noexcept {
    std::pmr::memory_resource* const default_one = std::pmr::get_default_resource();
    if (default_one != &whole) {
        return;
    }
    if (auto* const checker = find<block_checker>(*default_one)) {
        checker->default_resource_ends();
    }
}

}  // namespace strata::detail
