// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/thread_caches.hpp>

#include <pthread.h>

#include <mutex>
#include <thread>
#include <utility>

#include <strata/core/detail/fork_locks.hpp>

namespace strata::detail {

constinit thread_local thread_record this_thread{};

namespace {

// Of all resources, threads and caches what is linked to each other. Held for a few steps only, and
// never while a resource or its upstream is called.
constinit std::mutex records_mutex;

// The list of all resources, newest first.
constinit std::mutex owners_mutex;
constinit thread_caches* newest_owner = nullptr;

constinit std::atomic<std::uint64_t> last_id{0};

pthread_once_t started = PTHREAD_ONCE_INIT;
pthread_key_t thread_end;
constinit bool has_thread_end = false;

}  // namespace

// What runs on behalf of no resource in particular.
struct thread_caches_access {
    static void start() noexcept {
        has_thread_end = pthread_key_create(&thread_end, &end_thread) == 0;
        static constinit fork_locks locks{&try_lock_all, &unlock_all, &forget_others};
        take_around_forks(locks);
    }

    static void enter(thread_record::entry& entry, std::uint64_t owner,
                      thread_cache* cache) noexcept {
        entry.cache = cache;
        entry.owner.store(owner, std::memory_order_relaxed);
    }

    static thread_record::entry& entry_for(thread_record& record,
                                           const thread_caches& owner) noexcept {
        return record.entries[owner.id_ % thread_record::entry_count];
    }

    // The thread will not find the cache any more.
    static void remove(thread_record& record, thread_cache& cache) noexcept {
        thread_record::entry& entry = entry_for(record, *cache.owner);
        if (entry.owner.load(std::memory_order_relaxed) == cache.owner->id_) {
            entry.owner.store(0, std::memory_order_relaxed);
        }
        thread_cache** at = &record.first;
        while (*at != &cache) {
            at = &(*at)->next_of_thread;
        }
        *at = cache.next_of_thread;
    }

    static thread_cache* hold_first(thread_record& record) noexcept {
        const std::lock_guard lock{records_mutex};
        thread_cache* first = record.first;
        if (first != nullptr) {
            remove(record, *first);
            first->is_held = true;
        }
        return first;
    }

    static void end_thread(void* of) noexcept {
        auto& record = *static_cast<thread_record*>(of);
        record.has_ended = true;
        while (thread_cache* cache = hold_first(record)) {
            cache->owner->give_up(*cache);
            const std::lock_guard lock{records_mutex};
            cache->thread = nullptr;
            cache->is_held = false;
        }
    }

    static bool try_lock_all() noexcept {
        owners_mutex.lock();
        thread_caches* each = newest_owner;
        while (each != nullptr && each->try_lock_all()) {
            each = each->older_;
        }
        if (each == nullptr) {
            records_mutex.lock();
            return true;
        }
        for (thread_caches* locked = newest_owner; locked != each; locked = locked->older_) {
            locked->unlock_all();
        }
        owners_mutex.unlock();
        return false;
    }

    static void unlock_all() noexcept {
        records_mutex.unlock();
        for (thread_caches* each = newest_owner; each != nullptr; each = each->older_) {
            each->unlock_all();
        }
        owners_mutex.unlock();
    }

    // The caches of the other threads may have been left in the middle of a call. They are never
    // touched again; their memory goes with the resource's.
    static void forget_others() noexcept {
        for (thread_caches* each = newest_owner; each != nullptr; each = each->older_) {
            for (thread_cache** at = &each->first_; *at != nullptr;) {
                const thread_cache& cache = **at;
                const bool is_whole =
                    !cache.is_held && (cache.thread == nullptr || cache.thread == &this_thread);
                if (is_whole) {
                    at = &(*at)->next_of_owner;
                } else {
                    *at = cache.next_of_owner;
                }
            }
        }
    }
};

thread_caches::thread_caches()
    : id_{last_id.fetch_add(1, std::memory_order_relaxed) + 1},
      entry_offset_{id_ % thread_record::entry_count * sizeof(thread_record::entry)} {
    pthread_once(&started, [] { thread_caches_access::start(); });
}

void thread_caches::enlist() noexcept {
    const std::lock_guard lock{owners_mutex};
    older_ = std::exchange(newest_owner, this);
    if (older_ != nullptr) {
        older_->newer_ = this;
    }
}

void thread_caches::retire() noexcept {
    const std::lock_guard lock{owners_mutex};
    (newer_ == nullptr ? newest_owner : newer_->older_) = older_;
    if (older_ != nullptr) {
        older_->newer_ = newer_;
    }
}

thread_cache* thread_caches::find_or_adopt() noexcept {
    const bool may_adopt = may_have_one();
    const std::lock_guard lock{records_mutex};
    thread_record::entry& entry = thread_caches_access::entry_for(this_thread, *this);
    for (thread_cache* each = this_thread.first; each != nullptr; each = each->next_of_thread) {
        if (each->owner == this) {
            thread_caches_access::enter(entry, id_, each);
            return each;
        }
    }
    if (!may_adopt) {
        return nullptr;
    }
    for (thread_cache* each = first_; each != nullptr; each = each->next_of_owner) {
        if (each->thread == nullptr && !each->is_held) {
            each->thread = &this_thread;
            each->next_of_thread = std::exchange(this_thread.first, each);
            thread_caches_access::enter(entry, id_, each);
            return each;
        }
    }
    return nullptr;
}

// Destructors of thread-local objects run before those of keys and still have a cache; those of
// other keys go without once ours has run, for the system may not call it again.
bool thread_caches::may_have_one() noexcept {
    return has_thread_end && !this_thread.has_ended &&
           pthread_setspecific(thread_end, &this_thread) == 0;
}

void thread_caches::add(thread_cache& made) noexcept {
    const std::lock_guard lock{records_mutex};
    made.owner = this;
    made.thread = &this_thread;
    made.next_of_owner = std::exchange(first_, &made);
    made.next_of_thread = std::exchange(this_thread.first, &made);
    thread_caches_access::enter(thread_caches_access::entry_for(this_thread, *this), id_, &made);
}

void thread_caches::add_idle(thread_cache& made) noexcept {
    const std::lock_guard lock{records_mutex};
    made.owner = this;
    made.next_of_owner = std::exchange(first_, &made);
}

void thread_caches::forget_all() noexcept {
    for (;; std::this_thread::yield()) {
        const std::lock_guard lock{records_mutex};
        while (first_ != nullptr && !first_->is_held) {
            thread_cache* forgotten = std::exchange(first_, first_->next_of_owner);
            if (forgotten->thread != nullptr) {
                thread_caches_access::remove(*forgotten->thread, *forgotten);
            }
        }
        if (first_ == nullptr) {
            return;
        }
    }
}

void thread_caches::hold_idle() noexcept {
    const std::lock_guard lock{records_mutex};
    for (thread_cache* each = first_; each != nullptr; each = each->next_of_owner) {
        each->is_held = each->is_held || each->thread == nullptr;
    }
}

thread_cache* thread_caches::next_held(const thread_cache* last) const noexcept {
    const std::lock_guard lock{records_mutex};
    thread_cache* each = last == nullptr ? first_ : last->next_of_owner;
    while (each != nullptr && !(each->is_held && each->thread == nullptr)) {
        each = each->next_of_owner;
    }
    return each;
}

void thread_caches::let_go() noexcept {
    const std::lock_guard lock{records_mutex};
    for (thread_cache* each = first_; each != nullptr; each = each->next_of_owner) {
        each->is_held = each->is_held && each->thread != nullptr;
    }
}

}  // namespace strata::detail
