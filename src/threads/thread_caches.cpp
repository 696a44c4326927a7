// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/threads/detail/thread_caches.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

#include <strata/threads/detail/fork_gate.hpp>

#include "process_state.hpp"

namespace strata::detail {
namespace {

// Whether one thread holds a cache, so that all others leave it alone. A cache records the process
// in which it was held: so caches that a fork left behind in that state differ from those held now.
enum class hold : std::uint8_t { none, here, left_behind };

std::uint32_t held_here() noexcept {
    return fork_gate::generation() + 1;
}
constexpr std::uint32_t held_by_nobody = UINT32_MAX;

// How many misses of the first row move the resource that is used there.
constexpr std::uint32_t misses_for_a_change = 64;

hold hold_of(const thread_cache& cache) noexcept {
    return cache.held == 0             ? hold::none
           : cache.held == held_here() ? hold::here
                                       : hold::left_behind;
}

// Takes the slot with the fewest resources.
std::size_t take_slot() noexcept {
    const std::lock_guard lock{process.records};
    const auto fewest = std::ranges::min_element(process.owners_of_slot);
    ++*fewest;
    return static_cast<std::size_t>(fewest - process.owners_of_slot.begin());
}

// From now on, the thread does not find the cache.
void unlink_from_thread(thread_record& record, thread_cache& cache) noexcept {
    thread_cache** at = &record.first;
    while (*at != &cache) {
        at = &(*at)->next_of_thread;
    }
    *at = cache.next_of_thread;
}

}  // namespace

// Functions that serve all resources.
struct thread_caches_access {
    // Uses the first row that has room. If none has, replaces the entry of another resource.
    static void enter(const thread_caches& owner, thread_cache* cache) noexcept {
        thread_record& mine = *record_of_this_thread();
        thread_record::entry* entry = entry_with(mine, owner, 0);
        if (entry == nullptr) {
            // The ids in one slot often differ by multiples of `slot_count`.
            entry = &mine.rows[owner.id_ / thread_record::slot_count % thread_record::row_count]
                              [owner.slot_];
        }
        entry->cache = cache;
        entry->owner.store(owner.id_, std::memory_order_relaxed);
    }

    static void remove(thread_record& record, thread_cache& cache) noexcept {
        if (thread_record::entry* entry = entry_with(record, *cache.owner, cache.owner->id_)) {
            entry->owner.store(0, std::memory_order_relaxed);
        }
        unlink_from_thread(record, cache);
    }

    // Looks in the calling thread's own record. It needs no lock: other threads only set owners to
    // 0, and never the owner of a cache that this thread is using.
    static thread_cache* find(thread_record& mine, const thread_caches& owner) noexcept {
        thread_record::entry* const found = entry_with(mine, owner, owner.id_);
        if (found == nullptr) {
            return nullptr;
        }
        thread_cache* const cache = found->cache;
        if (found != &mine.rows[0][owner.slot_]) {
            move_forward(mine, owner, *found);
        }
        return cache;
    }

    static thread_cache* hold_first(thread_record& record) noexcept {
        const std::lock_guard lock{process.records};
        thread_cache* const first = record.first;
        if (first != nullptr) {
            remove(record, *first);
            first->held = held_here();
        }
        return first;
    }

    static void give_up(thread_cache& cache) noexcept {
        cache.owner->give_up_(*cache.owner, cache);
        const std::lock_guard lock{process.records};
        cache.thread = nullptr;
        cache.held = 0;
    }

private:
    // Moves the entry to the first row, where fast paths look, if that has room. If not, the two
    // entries change places, but seldom: that takes the lock, because the other resource may be
    // released meanwhile and must find its entry. No id is ever in two entries: a later thread with
    // this record would find the cache by the stale one.
    static void move_forward(thread_record& mine, const thread_caches& owner,
                             thread_record::entry& from) noexcept {
        thread_record::entry& to = mine.rows[0][owner.slot_];
        thread_cache* const cache = from.cache;
        if (to.owner.load(std::memory_order_relaxed) == 0) {
            from.owner.store(0, std::memory_order_relaxed);
            to.cache = cache;
            to.owner.store(owner.id_, std::memory_order_relaxed);
        } else if (++mine.misses % misses_for_a_change == 0) {
            const std::lock_guard lock{process.records};
            from.cache = to.cache;
            from.owner.store(to.owner.load(std::memory_order_relaxed), std::memory_order_relaxed);
            to.cache = cache;
            to.owner.store(owner.id_, std::memory_order_relaxed);
        }
    }

    // Looks only in rows where the owner may have its entry.
    static thread_record::entry* entry_with(thread_record& record, const thread_caches& owner,
                                            std::uint64_t id) noexcept {
        for (auto& row : record.rows) {
            thread_record::entry& each = row[owner.slot_];
            if (each.owner.load(std::memory_order_relaxed) == id) {
                return &each;
            }
        }
        return nullptr;
    }
};

// Destructors of thread_local objects run first and still have a cache. Destructors of other
// thread-specific keys that run after ours get none, because the system may not call ours again.
void give_up_caches(thread_record& of) noexcept {
    while (thread_cache* const cache = thread_caches_access::hold_first(of)) {
        thread_caches_access::give_up(*cache);
    }
}

void leave_caches_behind(thread_record& of) noexcept {
    while (of.first != nullptr) {
        thread_cache& cache = *of.first;
        thread_caches_access::remove(of, cache);
        cache.thread = nullptr;
        cache.held = held_by_nobody;
    }
}

thread_caches::thread_caches(give_up_function give_up, after_fork left) noexcept
    : id_{process.last_owner.fetch_add(1, std::memory_order_relaxed) + 1},
      slot_{take_slot()},
      entry_offset_{offsetof(thread_record, rows) + slot_ * sizeof(thread_record::entry)},
      give_up_{give_up},
      left_{left} {}

thread_caches::~thread_caches() {
    const std::lock_guard lock{process.records};
    --process.owners_of_slot[slot_];
}

// Call it with `records` held.
void thread_caches::forget_left_behind() noexcept {
    for (thread_cache** at = &first_; *at != nullptr;) {
        thread_cache& cache = **at;
        if (hold_of(cache) != hold::left_behind) {
            at = &cache.next_of_owner;
        } else if (left_ == after_fork::adopt) {
            cache.thread = nullptr;
            cache.held = 0;
        } else {
            *at = cache.next_of_owner;  // its memory is freed with the resource
        }
    }
}

thread_cache* thread_caches::find_or_adopt() noexcept {
    const bool may_adopt = has_or_takes_record();
    thread_record& mine = *record_of_this_thread();
    if (thread_cache* const known = thread_caches_access::find(mine, *this)) {
        return known;
    }
    const std::lock_guard lock{process.records};
    for (thread_cache* each = mine.first; each != nullptr; each = each->next_of_thread) {
        if (each->owner == this) {
            thread_caches_access::enter(*this, each);
            return each;
        }
    }
    if (!may_adopt) {
        return nullptr;
    }
    forget_left_behind();
    for (thread_cache* each = first_; each != nullptr; each = each->next_of_owner) {
        if (each->thread == nullptr && hold_of(*each) == hold::none) {
            each->thread = &mine;
            each->next_of_thread = std::exchange(mine.first, each);
            thread_caches_access::enter(*this, each);
            return each;
        }
    }
    return nullptr;
}

thread_cache* thread_caches::add(thread_cache& made) noexcept {
    if (thread_cache* const mine = find_or_adopt()) {
        add_idle(made);
        return mine;
    }
    const std::lock_guard lock{process.records};
    thread_record& mine = *record_of_this_thread();
    made.owner = this;
    made.thread = &mine;
    made.next_of_owner = std::exchange(first_, &made);
    made.next_of_thread = std::exchange(mine.first, &made);
    thread_caches_access::enter(*this, &made);
    return &made;
}

void thread_caches::add_idle(thread_cache& made) noexcept {
    const std::lock_guard lock{process.records};
    made.owner = this;
    made.next_of_owner = std::exchange(first_, &made);
}

void thread_caches::forget_all() noexcept {
    for (;; nap()) {
        const std::lock_guard lock{process.records};
        while (first_ != nullptr && hold_of(*first_) != hold::here) {
            thread_cache* const forgotten = std::exchange(first_, first_->next_of_owner);
            if (forgotten->thread != nullptr && hold_of(*forgotten) == hold::none) {
                thread_caches_access::remove(*forgotten->thread, *forgotten);
            }
        }
        if (first_ == nullptr) {
            return;
        }
    }
}

void thread_caches::hold_idle() noexcept {
    const std::lock_guard lock{process.records};
    forget_left_behind();
    for (thread_cache* each = first_; each != nullptr; each = each->next_of_owner) {
        if (each->thread == nullptr && hold_of(*each) == hold::none) {
            each->held = held_here();
        }
    }
}

thread_cache* thread_caches::next_held(const thread_cache* last) const noexcept {
    const std::lock_guard lock{process.records};
    thread_cache* each = last == nullptr ? first_ : last->next_of_owner;
    while (each != nullptr && !(each->thread == nullptr && hold_of(*each) == hold::here)) {
        each = each->next_of_owner;
    }
    return each;
}

void thread_caches::let_go() noexcept {
    const std::lock_guard lock{process.records};
    for (thread_cache* each = first_; each != nullptr; each = each->next_of_owner) {
        if (each->thread == nullptr && hold_of(*each) == hold::here) {
            each->held = 0;
        }
    }
}

}  // namespace strata::detail
