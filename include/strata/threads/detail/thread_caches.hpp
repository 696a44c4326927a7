// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_THREADS_DETAIL_THREAD_CACHES_HPP
#define STRATA_THREADS_DETAIL_THREAD_CACHES_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/threads/detail/this_thread.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata::detail {

class thread_caches;

/// The cache that a resource keeps for one thread. The resource derives its own kind of cache from
/// this base, and holds it in its own memory.
struct thread_cache {
    thread_caches* owner = nullptr;
    thread_record* thread = nullptr;  // the thread that uses it; null while it is idle
    thread_cache* next_of_owner = nullptr;
    thread_cache* next_of_thread = nullptr;
    std::uint32_t held = 0;  // see thread_caches.cpp
};

/// The caches of one resource. Finds the cache of the calling thread, learns of each thread's end,
/// and keeps the cache of an ended thread for another thread.
///
/// One lock, `records` in process_state.hpp, guards the links between threads, caches and
/// resources. No other lock is taken, and no resource called, while it is held.
class thread_caches {
public:
    thread_caches(const thread_caches&) = delete;
    thread_caches& operator=(const thread_caches&) = delete;

protected:
    /// What the child of a fork does with the cache of a thread that exists only in the parent.
    /// That thread may have been in the middle of a call.
    enum class after_fork : bool { forget, adopt };
    /// Called when a thread has ended: may move the content of its cache to where other threads
    /// find it. Not a virtual function, because the derived part of the object may already be
    /// destroyed.
    using give_up_function = void (*)(thread_caches& self, thread_cache& cache) noexcept;

    thread_caches(give_up_function give_up, after_fork left) noexcept;
    ~thread_caches();

    /// The entry where fast paths look. It has the calling thread's cache if it `is_mine`.
    [[nodiscard]] const thread_record::entry& entry() const noexcept {
        const auto* record = reinterpret_cast<const std::byte*>(record_of_this_thread());
        return *reinterpret_cast<const thread_record::entry*>(record + entry_offset_);
    }
    [[nodiscard]] bool is_mine(const thread_record::entry& entry) const noexcept {
        return entry.owner.load(std::memory_order_relaxed) == id_;
    }
    /// The calling thread's cache; null if it has none, or if `find_or_adopt` must look for it.
    [[nodiscard]] thread_cache* find() const noexcept {
        const thread_record::entry& mine = entry();
        return is_mine(mine) ? mine.cache : nullptr;
    }
    /// The calling thread's cache. If it has none, it adopts an idle one; null if there is none.
    /// Takes no lock if the thread's record names the cache. The record has room for 4 resources a
    /// slot.
    [[nodiscard]] thread_cache* find_or_adopt() noexcept;
    /// Adds a cache for the calling thread, which must have a record, and returns that thread's
    /// cache. This is another one if, since the thread looked for one, a callback of the upstream
    /// has made one or another thread has ended; `made` is then idle.
    [[nodiscard]] thread_cache* add(thread_cache& made) noexcept;
    /// Adds a cache that no thread uses yet.
    void add_idle(thread_cache& made) noexcept;
    /// Removes all caches from their threads and forgets them. Waits until no cache is held.
    void forget_all() noexcept;

    /// Holds the idle caches, so that no thread adopts them; `let_go` ends that.
    void hold_idle() noexcept;
    void let_go() noexcept;
    /// The caches that `hold_idle` holds, one after the other; null after the last.
    [[nodiscard]] thread_cache* next_held(const thread_cache* last) const noexcept;

private:
    friend struct thread_caches_access;

    void forget_left_behind() noexcept;

    std::uint64_t id_;
    std::size_t slot_;          // see thread_record
    std::size_t entry_offset_;  // of the slot's first entry, in bytes: every call adds it
    thread_cache* first_ = nullptr;
    give_up_function give_up_;
    after_fork left_;
};

}  // namespace strata::detail

#endif
