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

/// A resource that has the two calls also with a *key* in place of size and alignment. The key of a
/// layout never changes. These calls may be made while the thread is inside another call of the
/// resource, from an upstream or a handler.
template <class Resource>
concept has_quick_keys =
    has_quick_paths<Resource> && requires(Resource& of, void* block, std::size_t number) {
        { of.quick_key(number, number) } noexcept -> std::same_as<std::size_t>;
        { of.known_quick_key(number, number) } noexcept -> std::same_as<std::size_t>;
        { of.try_allocate_quickly(number) } noexcept -> std::same_as<void*>;
        { of.try_deallocate_quickly(block, number) } noexcept -> std::same_as<bool>;
    };

/// The key of a layout that the quick calls never serve. Then they serve no larger size with that
/// alignment either.
inline constexpr std::size_t no_quick_key = static_cast<std::size_t>(-1);

}  // namespace strata::detail

#endif
