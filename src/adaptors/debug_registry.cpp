// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <variant>

#include <strata/threads/detail/fork_gate.hpp>

#include "detail/at_exit.hpp"
#include "diagnostics/address_map.hpp"

extern "C"
    [[gnu::visibility("hidden")]] void* __dso_handle;  // of the shared library that this is in

namespace strata::detail {
namespace {

constinit call_mutex mutex;  // protects all below

using map = address_map<std::monostate>;

// A map by address and not a linked list: in the child of a fork, a resource may be made where
// another thread was about to make one. Never destroyed, since resources may outlive all static
// objects.
alignas(map) constinit std::byte place[sizeof(map)]{};
constinit map* known = nullptr;
constinit std::uintptr_t last_exit_number = 0;

map& all_known() noexcept {
    if (known == nullptr) {
        known = ::new (static_cast<void*>(place)) map;
    }
    return *known;
}

template <class IsLast>
debug_state* find_if(const IsLast& is_last) noexcept {
    for (auto each = all_known().begin(); each != all_known().end(); ++each) {
        auto& one = *reinterpret_cast<debug_state*>(map::address_of(each));
        if (is_last(one)) {
            return &one;
        }
    }
    return nullptr;
}

// Finds the resource by its number, since another one may be at its address by then.
void check_at_exit(void* number) {
    debug_state* one = nullptr;
    {
        const std::lock_guard lock{mutex};
        one = find_if([&](const debug_state& each) {
            return each.exit_number == reinterpret_cast<std::uintptr_t>(number);
        });
    }
    if (one != nullptr) {
        (void)one->check_at_exit(one->options.leaks);
    }
}

}  // namespace

void debug_registry::add(debug_state& one) noexcept {
    {
        const std::lock_guard lock{mutex};
        const section change;
        one.exit_number = one.options.at_exit ? ++last_exit_number : 0;
        (void)all_known().insert(map::number(&one),
                                 {});  // without memory, others cannot find its blocks
    }
    if (one.exit_number != 0) {
        call_at_exit(&check_at_exit, reinterpret_cast<void*>(one.exit_number), &__dso_handle);
    }
}

void debug_registry::remove(debug_state& one) noexcept {
    const std::lock_guard lock{mutex};
    const section change;
    if (const auto found = all_known().find(map::number(&one)); found != all_known().end()) {
        all_known().erase(found);
    }
}

std::array<char, 48> debug_registry::find_owner(const debug_state& asking,
                                                const void* address) noexcept {
    const foreign_call unhurried;  // the thread that has the lock may wait at the gate
    const std::lock_guard lock{mutex};
    const debug_state* const owner = find_if([&](const debug_state& other) {
        if (&other == &asking) {
            return false;
        }
        const std::unique_lock inside{other.mutex, std::try_to_lock};
        return inside && other.find_overlap(address, address) != nullptr;
    });
    return owner == nullptr ? std::array<char, 48>{} : owner->title;
}

bool debug_registry::ask_each(bool (*is_last)(debug_state& one, void* data), void* data) noexcept {
    const std::unique_lock known{mutex, std::try_to_lock};
    const auto ask = [&](debug_state& one) {
        const std::unique_lock inside{one.mutex, std::try_to_lock};
        return inside && is_last(one, data);
    };
    return known && find_if(ask) != nullptr;
}

}  // namespace strata::detail
