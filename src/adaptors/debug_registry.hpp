// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_REGISTRY_HPP

#include <string>

#include <strata/adaptors/detail/debug_base.hpp>

namespace strata::detail {

/// Whose an address is: that of another `debug_resource`, or of a resource below the one asked.
struct block_owner {
    const debug_base* other = nullptr;
    const resource* upstream = nullptr;

    explicit operator bool() const noexcept { return other != nullptr || upstream != nullptr; }
};
[[nodiscard]] std::string text_of_owner(const block_owner& owner);

/// All `debug_resource`s that there are, so that a block of the wrong one is known.
class debug_registry {
public:
    static void add(debug_base& one) noexcept;
    static void remove(debug_base& one) noexcept;
    /// Does not ask those that another thread is in just now.
    [[nodiscard]] static block_owner find_owner(const debug_base& asking,
                                                const void* address) noexcept;

private:
    [[nodiscard]] static bool holds(const debug_base& one, const void* address) noexcept;
};

}  // namespace strata::detail

#endif
