// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_QUICK_PATHS_HPP
#define STRATA_CORE_DETAIL_QUICK_PATHS_HPP

#include <concepts>
#include <cstddef>

namespace strata::detail {

/// A resource with calls that take a block from a list at hand, or put one there, or refuse. They
/// call no function, so they cannot allocate in turn, and what is wrapped around them stays short.
template <class Resource>
concept has_quick_paths = requires(Resource& of, void* block, std::size_t number) {
    { of.try_allocate_quickly(number, number) } noexcept -> std::same_as<void*>;
    { of.try_deallocate_quickly(block, number, number) } noexcept -> std::same_as<bool>;
};

}  // namespace strata::detail

#endif
