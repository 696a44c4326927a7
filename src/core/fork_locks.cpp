// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/detail/fork_locks.hpp>

#include <pthread.h>

#include <mutex>
#include <thread>
#include <utility>

namespace strata::detail {
namespace {

// Of the list; and of all that is done around a fork, so that only one thread does it.
constinit std::mutex mutex;
constinit fork_locks* newest = nullptr;

void unlock_all() noexcept {
    for (fork_locks* each = newest; each != nullptr; each = each->next) {
        if (std::exchange(each->is_locked, false)) {
            each->unlock();
        }
    }
    mutex.unlock();
}

// Between two tries all is let go, the list too: who has a lock may be about to add to the list.
void before_fork() noexcept {
    for (;; std::this_thread::yield()) {
        mutex.lock();
        fork_locks* each = newest;
        while (each != nullptr && (each->is_locked = each->try_lock())) {
            each = each->next;
        }
        if (each == nullptr) {
            return;
        }
        unlock_all();
    }
}

void after_fork_in_child() noexcept {
    for (fork_locks* each = newest; each != nullptr; each = each->next) {
        each->go_on_in_child();
    }
    unlock_all();
}

}  // namespace

void take_around_forks(fork_locks& locks) noexcept {
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    pthread_once(&started,
                 [] { (void)pthread_atfork(&before_fork, &unlock_all, &after_fork_in_child); });
    const std::lock_guard lock{mutex};
    locks.next = std::exchange(newest, &locks);
}

}  // namespace strata::detail
