// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP

#include <array>
#include <string_view>

#include <strata/adaptors/detail/debug_base.hpp>

namespace strata::detail {

/// The title of the `debug_resource` whose an address is, which may have ended by now; or nobody's.
class block_owner {
public:
    block_owner() = default;
    explicit block_owner(std::string_view title) noexcept;

    explicit operator bool() const noexcept { return title_[0] != 0; }
    [[nodiscard]] const char* title() const noexcept { return title_.data(); }

private:
    std::array<char, 48> title_{};
};

/// All `debug_resource`s that there are, so that a block of the wrong one is known.
class debug_registry {
public:
    static void add(debug_base& one) noexcept;
    static void remove(debug_base& one) noexcept;

    /// Has it looked at when the program exits, if it is still there: in the order of destructors.
    static void add_for_exit(debug_base& one) noexcept;

    /// Which other one an address belongs to. Those that another thread is in just now are not
    /// asked: that thread may wait for the one that asks.
    [[nodiscard]] static block_owner find_owner(const debug_base& asking,
                                                const void* address) noexcept;

    /// Calls `look` with each, as long as it says no, but not with those that another thread is in:
    /// waits for nobody, and so may be called by a signal handler. Whether one said yes.
    static bool ask_each(bool (*look)(const debug_base& one, void* data), void* data) noexcept;

private:
    static void look_at_exit(void* number);
    [[nodiscard]] static bool holds(const debug_base& one, const void* address) noexcept;
};

}  // namespace strata::detail

#endif
