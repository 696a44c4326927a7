// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_UPSTREAM_SHIELD_HPP
#define STRATA_CORE_DETAIL_UPSTREAM_SHIELD_HPP

#include <memory_resource>
#include <optional>

#include "detail/shield.hpp"

namespace strata::detail {

/// A shield while a resource gives memory back to its upstream, which may reach a cancellation
/// point.
///
/// `std::pmr::new_delete_resource()` needs none: operator delete is noexcept, so no program cancels
/// a thread inside. Without the shield the usual upstream frees a chunk in half the instructions.
class upstream_shield {
public:
    explicit upstream_shield(const std::pmr::memory_resource* upstream) noexcept {
        if (upstream != std::pmr::new_delete_resource()) {
            shield_.emplace();
        }
    }

private:
    std::optional<shield> shield_;
};

}  // namespace strata::detail

#endif
