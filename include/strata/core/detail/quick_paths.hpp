// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_QUICK_PATHS_HPP
#define STRATA_CORE_DETAIL_QUICK_PATHS_HPP

#include <concepts>
#include <cstddef>

namespace strata::detail {

/// A resource with two fast calls. One takes a block from a free list, the other puts one there;
/// both may refuse. They call no other function. So they cannot allocate in turn, and the code that
/// wraps them stays short.
template <class Resource>
concept has_quick_paths = requires(Resource& of, void* block, std::size_t number) {
    { of.try_allocate_quickly(number, number) } noexcept -> std::same_as<void*>;
    { of.try_deallocate_quickly(block, number, number) } noexcept -> std::same_as<bool>;
};

}  // namespace strata::detail

#endif
