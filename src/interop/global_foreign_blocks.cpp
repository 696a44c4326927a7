// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <mutex>
#include <new>

#include <strata/interop/detail/global_program.hpp>
#include <strata/threads/detail/fork_gate.hpp>

#include "diagnostics/address_map.hpp"

namespace strata::global::detail {
namespace {

using map = strata::detail::address_map<foreign_blocks::origin>;

constinit strata::detail::section_mutex mutex;
alignas(map) constinit std::byte place[sizeof(map)]{};

constinit map* the_map = nullptr;

// Call it with the mutex held. Made at the first use and never destroyed: blocks may be freed at
// any time.
map& all_blocks() noexcept {
    if (the_map == nullptr) {
        the_map = ::new (static_cast<void*>(place)) map;
    }
    return *the_map;
}

}  // namespace

constinit std::atomic<std::size_t> foreign_blocks::count_{0};

bool foreign_blocks::add(void* block, const origin& known) noexcept {
    const std::lock_guard lock{mutex};
    map& those = all_blocks();
    if (!those.insert(map::number(block), known)) {
        return false;
    }
    count_.fetch_add(1, std::memory_order_release);
    return true;
}

std::optional<foreign_blocks::origin> foreign_blocks::remove(void* block) noexcept {
    const std::lock_guard lock{mutex};
    map& those = all_blocks();
    const auto found = those.find(map::number(block));
    if (found == those.end()) {
        return std::nullopt;
    }
    const origin known = found->second;
    those.erase(found);
    count_.fetch_sub(1, std::memory_order_release);
    return known;
}

}  // namespace strata::global::detail
