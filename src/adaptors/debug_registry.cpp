// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_registry.hpp"

#include <mutex>

namespace strata::detail {
namespace {

constinit std::mutex registry_mutex;
constinit debug_base* first_of_all = nullptr;

}  // namespace

std::string text_of_owner(const block_owner& owner) {
    return owner.other != nullptr ? std::string{owner.other->title()}
                                  : "the upstream \"" + std::string{owner.upstream->name()} +
                                        "\", if it was not freed here too long ago";
}

void debug_registry::add(debug_base& one) noexcept {
    const std::lock_guard lock{registry_mutex};
    one.next_ = first_of_all;
    if (first_of_all != nullptr) {
        first_of_all->previous_ = &one;
    }
    first_of_all = &one;
}

void debug_registry::remove(debug_base& one) noexcept {
    const std::lock_guard lock{registry_mutex};
    (one.previous_ == nullptr ? first_of_all : one.previous_->next_) = one.next_;
    if (one.next_ != nullptr) {
        one.next_->previous_ = one.previous_;
    }
}

bool debug_registry::holds(const debug_base& one, const void* address) noexcept {
    if (one.holder_ == debug_base::current_thread()) {
        return one.around(address) != nullptr;
    }
    const std::unique_lock lock{one.mutex_, std::try_to_lock};
    return lock && one.around(address) != nullptr;
}

block_owner debug_registry::find_owner(const debug_base& asking, const void* address) noexcept {
    const std::lock_guard lock{registry_mutex};
    for (const debug_base* each = first_of_all; each != nullptr; each = each->next_) {
        if (each != &asking && holds(*each, address)) {
            return {.other = each};
        }
    }
    const auto* below = dynamic_cast<const resource*>(asking.upstream_);
    const bool is_below = below != nullptr && below->owns(address) == ownership::yes;
    return {.upstream = is_below ? below : nullptr};
}

}  // namespace strata::detail
