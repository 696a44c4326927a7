// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP

#include <array>

#include "debug_state.hpp"

namespace strata::detail {

/// All existing `debug_resource`s.
class debug_registry {
public:
    /// With the option `at_exit`, `std::exit` checks the resource if it still exists then, in the
    /// order of destructors.
    static void add(debug_state& one) noexcept;
    static void remove(debug_state& one) noexcept;

    /// The title of another resource that has a block at the address; empty if there is none. Skips
    /// resources that another thread is inside of: that thread may wait for the caller.
    [[nodiscard]] static std::array<char, 48> find_owner(const debug_state& asking,
                                                         const void* address) noexcept;

    /// Calls `is_last` with each resource until it returns true; skips resources that another
    /// thread is inside of. Never waits, so a signal handler may call it. Returns whether `is_last`
    /// returned true.
    static bool ask_each(bool (*is_last)(debug_state& one, void* data), void* data) noexcept;
};

}  // namespace strata::detail

#endif
