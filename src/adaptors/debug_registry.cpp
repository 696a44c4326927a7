// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_registry.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <variant>

#include <strata/threads/detail/fork_gate.hpp>

#include "debug_visit.hpp"
#include "detail/at_exit.hpp"
#include "diagnostics/address_map.hpp"

extern "C"
    [[gnu::visibility("hidden")]] void* __dso_handle;  // of the shared library that this is in

namespace strata::detail {
namespace {

constinit call_mutex registry_mutex;

using map = address_map<std::monostate>;

// By address and not linked: in the child of a fork one may be made where another was about to be.
// Never destroyed: resources may outlive whatever is destroyed at the end.
alignas(map) constinit std::byte place[sizeof(map)]{};
constinit map* made = nullptr;

// With the mutex held.
map& all() noexcept {
    if (made == nullptr) {
        made = ::new (static_cast<void*>(place)) map;
    }
    return *made;
}

debug_base& at(map::iterator each) noexcept {
    return *reinterpret_cast<debug_base*>(map::address_of(each));
}

}  // namespace

block_owner::block_owner(std::string_view title) noexcept {
    std::ranges::copy(title.substr(0, title_.size() - 1), title_.begin());
}

// Without memory for it, no other one will know its blocks.
void debug_registry::add(debug_base& one) noexcept {
    const std::lock_guard lock{registry_mutex};
    const section change;
    (void)all().insert(map::number(&one), {});
}

void debug_registry::remove(debug_base& one) noexcept {
    const std::lock_guard lock{registry_mutex};
    const section change;
    if (const auto found = all().find(map::number(&one)); found != all().end()) {
        all().erase(found);
    }
}

// By its number, for there may be another one in its place by then.
void debug_registry::look_at_exit(void* number) {
    debug_base* one = nullptr;
    {
        const std::lock_guard lock{registry_mutex};
        for (auto each = all().first_from(0); each != all().end(); ++each) {
            if (at(each).exit_number_ == reinterpret_cast<std::uintptr_t>(number)) {
                one = &at(each);
            }
        }
    }
    if (one != nullptr) {
        (void)one->check_at_exit(one->options_.leaks);
    }
}

// `std::atexit` passes no argument. Where the library is unloaded before, that is its exit.
void debug_registry::add_for_exit(debug_base& one) noexcept {
    static std::atomic<std::uintptr_t> last{0};
    one.exit_number_ = ++last;
    call_at_exit(&look_at_exit, reinterpret_cast<void*>(one.exit_number_), &__dso_handle);
}

bool debug_registry::holds(const debug_base& one, const void* address) noexcept {
    const debug_base::looking at{one};
    const std::unique_lock lock{one.mutex_, std::try_to_lock};
    return lock && one.around(address) != nullptr;
}

block_owner debug_registry::find_owner(const debug_base& asking, const void* address) noexcept {
    const foreign_call unhurried;  // the thread that has the lock may wait at the gate
    const std::lock_guard lock{registry_mutex};
    for (auto each = all().first_from(0); each != all().end(); ++each) {
        const debug_base& other = at(each);
        if (&other != &asking && holds(other, address)) {
            return block_owner{other.title()};
        }
    }
    return {};
}

bool debug_registry::ask_each(bool (*look)(const debug_base& one, void* data),
                              void* data) noexcept {
    const std::unique_lock known{registry_mutex, std::try_to_lock};
    if (!known) {
        return false;
    }
    bool is_found = false;
    for (auto each = all().first_from(0); each != all().end() && !is_found; ++each) {
        const std::unique_lock lock{at(each).mutex_, std::try_to_lock};
        is_found = lock && look(at(each), data);
    }
    return is_found;
}

}  // namespace strata::detail
