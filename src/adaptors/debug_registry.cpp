// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_registry.hpp"

#include <algorithm>
#include <mutex>

#include "debug_visit.hpp"

namespace strata::detail {
namespace {

constinit std::mutex registry_mutex;
constinit debug_base* first_of_all = nullptr;

}  // namespace

block_owner::block_owner(std::string_view title) noexcept {
    std::ranges::copy(title.substr(0, title_.size() - 1), title_.begin());
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
    const debug_base::looking at{one};
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
            return block_owner{each->title()};
        }
    }
    return {};
}

}  // namespace strata::detail
