// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_ended.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <new>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata::detail {
namespace {

constinit section_mutex mutex;

constinit std::array<ended_one, 64> ended{};
constinit std::size_t next_ended = 0;

constinit std::array<void*, 16> parked{};
constinit std::size_t next_parked = 0;

ended_one* last_at(const void* at) noexcept {
    for (std::size_t age = 1; age <= ended.size(); ++age) {
        ended_one& each = ended[(next_ended + ended.size() - age) % ended.size()];
        if (each.at == at) {
            return &each;
        }
    }
    return nullptr;
}

}  // namespace

void debug_ended::remember(const void* at, const char* title, on_finding action,
                           bool awaits_tombstone) noexcept {
    ended_one one{.at = at, .action = action, .awaits_tombstone = awaits_tombstone};
    text_writer{one.title}.write(title);
    const std::lock_guard lock{mutex};
    ended[next_ended++ % ended.size()] = one;
}

ended_one debug_ended::find(const void* at) noexcept {
    const std::lock_guard lock{mutex};
    const ended_one* const found = last_at(at);
    return found != nullptr ? *found : ended_one{.title = {"debug"}};
}

bool debug_ended::takes_tombstone(const void* at) noexcept {
    const std::lock_guard lock{mutex};
    ended_one* const found = last_at(at);
    return found != nullptr && std::exchange(found->awaits_tombstone, false);
}

void debug_ended::park(void* object) noexcept {
    {
        const std::lock_guard lock{mutex};
        if (last_at(object) != nullptr) {
            object = std::exchange(parked[next_parked++ % parked.size()], object);
        }
    }
    ::operator delete(object);
}

}  // namespace strata::detail
