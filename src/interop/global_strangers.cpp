// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <pthread.h>

#include <mutex>
#include <new>

#include <strata/interop/detail/global_program.hpp>

#include <strata/core/detail/address_map.hpp>

namespace strata::global::detail {
namespace {

using map = strata::detail::address_map<strangers::stranger>;

constinit std::mutex mutex;
constinit map* all = nullptr;  // never destroyed: blocks are freed to the very end
alignas(map) constinit std::byte place[sizeof(map)]{};

map& all_strangers() noexcept {
    if (all == nullptr) {
        all = ::new (static_cast<void*>(place)) map;
        (void)pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); }, [] { mutex.unlock(); });
    }
    return *all;
}

}  // namespace

constinit std::atomic<std::size_t> strangers::count_{0};

bool strangers::add(void* block, const stranger& known) noexcept {
    const std::lock_guard lock{mutex};
    if (!all_strangers().insert(map::number(block), known)) {
        return false;
    }
    count_.fetch_add(1, std::memory_order_release);
    return true;
}

std::optional<strangers::stranger> strangers::remove(void* block) noexcept {
    const std::lock_guard lock{mutex};
    map& those = all_strangers();
    const auto found = those.find(map::number(block));
    if (found == those.end()) {
        return std::nullopt;
    }
    const stranger known = found->second;
    those.erase(found);
    count_.fetch_sub(1, std::memory_order_release);
    return known;
}

}  // namespace strata::global::detail
