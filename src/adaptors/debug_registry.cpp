// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_registry.hpp"

#include <cxxabi.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

#include <strata/core/detail/fork_locks.hpp>

#include "debug_ended.hpp"
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
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    pthread_once(&started, [] {
        static constinit fork_locks locks{&try_lock_all, &unlock_all, &forget_other_threads};
        take_around_forks(locks);
    });
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

// By its number, for there may be another one in its place by then.
void debug_registry::look_at_exit(void* number) {
    debug_base* one = nullptr;
    {
        const std::lock_guard lock{registry_mutex};
        one = first_of_all;
        while (one != nullptr && one->exit_number_ != reinterpret_cast<std::uintptr_t>(number)) {
            one = one->next_;
        }
    }
    if (one != nullptr) {
        one->look_at_exit();
    }
}

// `std::atexit` passes no argument.
void debug_registry::add_for_exit(debug_base& one) noexcept {
    static std::atomic<std::uintptr_t> last{0};
    one.exit_number_ = ++last;
    (void)abi::__cxa_atexit(&look_at_exit, reinterpret_cast<void*>(one.exit_number_), nullptr);
}

// From its upstream or handler, which may fork, or free what is not its own.
bool debug_registry::is_entered_here(const debug_base& one) noexcept {
    return one.holder_ == debug_base::current_thread();
}

bool debug_registry::try_lock_all() noexcept {
    registry_mutex.lock();
    const debug_base* each = first_of_all;
    while (each != nullptr && (is_entered_here(*each) || each->mutex_.try_lock())) {
        each = each->next_;
    }
    if (each == nullptr) {
        debug_ended::lock();
        return true;
    }
    for (const debug_base* locked = first_of_all; locked != each; locked = locked->next_) {
        if (!is_entered_here(*locked)) {
            locked->mutex_.unlock();
        }
    }
    registry_mutex.unlock();
    return false;
}

void debug_registry::unlock_all() noexcept {
    debug_ended::unlock();
    for (const debug_base* each = first_of_all; each != nullptr; each = each->next_) {
        if (!is_entered_here(*each)) {
            each->mutex_.unlock();
        }
    }
    registry_mutex.unlock();
}

// One that waited at the entrance has said already that it is inside.
void debug_registry::forget_other_threads() noexcept {
    for (debug_base* each = first_of_all; each != nullptr; each = each->next_) {
        if (!is_entered_here(*each)) {
            each->inside_ = 0;
            each->inside_call_ = debug_base::call::none;
        }
    }
}

bool debug_registry::holds(const debug_base& one, const void* address) noexcept {
    const debug_base::looking at{one};
    if (is_entered_here(one)) {
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

bool debug_registry::ask_each(bool (*look)(const debug_base& one, void* data),
                              void* data) noexcept {
    const std::unique_lock all{registry_mutex, std::try_to_lock};
    bool is_found = false;
    for (const debug_base* each = all ? first_of_all : nullptr; each != nullptr && !is_found;
         each = each->next_) {
        std::unique_lock lock{each->mutex_, std::defer_lock};
        is_found = (is_entered_here(*each) || lock.try_lock()) && look(*each, data);
    }
    return is_found;
}

}  // namespace strata::detail
