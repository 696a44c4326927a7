// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_THREAD_CACHES_HPP
#define STRATA_CORE_DETAIL_THREAD_CACHES_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/core/detail/this_thread.hpp>
#include <strata/core/detail/thread_record.hpp>

namespace strata::detail {

class thread_caches;

/// What a resource keeps for one thread, as the base of what it makes of that, in its own memory.
struct thread_cache {
    thread_caches* owner = nullptr;
    thread_record* thread = nullptr;  // whose it is; null while it is idle
    thread_cache* next_of_owner = nullptr;
    thread_cache* next_of_thread = nullptr;
    std::uint32_t held = 0;  // see thread_caches.cpp
};

/// The caches of one resource: finds that of the calling thread, learns when a thread ends and
/// keeps its cache for another one.
///
/// The lock of what is linked to what is taken last, and no resource is called inside it.
class thread_caches {
public:
    thread_caches(const thread_caches&) = delete;
    thread_caches& operator=(const thread_caches&) = delete;

protected:
    /// What happens to a cache whose thread was left behind by a fork, maybe in the middle of a
    /// call.
    enum class after_fork : bool { forget, adopt };
    /// A thread has ended: what its cache holds may go where other threads find it. No virtual
    /// function: the object may be about to end, but for this base.
    using give_up_function = void (*)(thread_caches& self, thread_cache& cache) noexcept;

    thread_caches(give_up_function give_up, after_fork left) noexcept;
    ~thread_caches() = default;

    /// Where the calling thread has its cache, if the entry `is_mine`.
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
    /// The calling thread's cache, if need be an idle one; null if there is none.
    [[nodiscard]] thread_cache* find_or_adopt() noexcept;
    /// Gives the calling thread, which has a record, a cache.
    void add(thread_cache& made) noexcept;
    /// Adds one that is no thread's yet.
    void add_idle(thread_cache& made) noexcept;
    /// Removes all caches from their threads and forgets them; waits for those that are held.
    void forget_all() noexcept;

    /// Holds the idle caches, so that no thread adopts them; lets go of them again.
    void hold_idle() noexcept;
    void let_go() noexcept;
    /// Those that are held by `hold_idle`, one after the other; null after the last.
    [[nodiscard]] thread_cache* next_held(const thread_cache* last) const noexcept;

private:
    friend struct thread_caches_access;

    void forget_left_behind() noexcept;

    std::uint64_t id_;
    std::size_t entry_offset_;  // in bytes: this is on the way of every call
    thread_cache* first_ = nullptr;
    give_up_function give_up_;
    after_fork left_;
};

}  // namespace strata::detail

#endif
