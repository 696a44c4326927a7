// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP

#include <array>

#include "debug_state.hpp"

namespace strata::detail {

/// All `debug_resource`s that there are.
class debug_registry {
public:
    /// With `at_exit` among its options, `std::exit` checks the resource if it is still there: in
    /// the order of destructors.
    static void add(debug_state& one) noexcept;
    static void remove(debug_state& one) noexcept;

    /// The title of another one that has a block at an address; empty if there is none. Those that
    /// another thread is in just now are not asked: that thread may wait for the caller.
    [[nodiscard]] static std::array<char, 48> find_owner(const debug_state& asking,
                                                         const void* address) noexcept;

    /// Calls `is_last` with each until it returns true, but not with those that another thread is
    /// in. Waits for nothing, so a signal handler may call it. Returns whether one returned true.
    static bool ask_each(bool (*is_last)(debug_state& one, void* data), void* data) noexcept;
};

}  // namespace strata::detail

#endif
