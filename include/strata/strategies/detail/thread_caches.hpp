// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_THREAD_CACHES_HPP
#define STRATA_STRATEGIES_DETAIL_THREAD_CACHES_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strata::detail {

class thread_caches;
struct thread_record;

/// What a resource keeps for one thread, as the base of what it makes of that, in its own memory.
struct thread_cache {
    thread_caches* owner = nullptr;
    thread_record* thread = nullptr;  // whose it is; null while it is idle
    thread_cache* next_of_owner = nullptr;
    thread_cache* next_of_thread = nullptr;
    bool is_held = false;  // to be left alone by all but who set this
};

/// What a thread keeps of the resources it uses: where its caches are. A resource is told by its
/// number, which is never given twice, so what is left here of one that is gone does no harm; still
/// the resource removes it.
struct thread_record {
    struct entry {
        std::atomic<std::uint64_t> owner;  // 0: none
        thread_cache* cache;
    };
    static constexpr std::size_t entry_count = 16;

    std::array<entry, entry_count> entries;  // an owner's is at its number modulo their count
    thread_cache* first;                     // of all its caches
    bool has_ended;                          // the thread has given them up and takes no more
};

#if defined(__GNUC__)
// One load finds it, from a shared library too.
#define STRATA_IN_EACH_THREAD [[gnu::tls_model("initial-exec")]] extern constinit thread_local
#else
#define STRATA_IN_EACH_THREAD extern constinit thread_local
#endif
STRATA_IN_EACH_THREAD thread_record this_thread;
#undef STRATA_IN_EACH_THREAD

/// The caches of one resource: finds that of the calling thread, learns when a thread ends and keeps
/// its cache for another one, and brings the resource through a fork.
///
/// The lock of what is linked to what is taken last, and no resource is called inside it.
class thread_caches {
public:
    thread_caches(const thread_caches&) = delete;
    thread_caches& operator=(const thread_caches&) = delete;

protected:
    thread_caches();
    virtual ~thread_caches() = default;

    /// Between the two, the resource is told of forks. To be called where it is whole.
    void enlist() noexcept;
    void retire() noexcept;

    /// Where the calling thread has its cache, if the entry `is_mine`.
    [[nodiscard]] const thread_record::entry& entry() const noexcept {
        const auto* entries = reinterpret_cast<const std::byte*>(this_thread.entries.data());
        return *reinterpret_cast<const thread_record::entry*>(entries + entry_offset_);
    }
    [[nodiscard]] bool is_mine(const thread_record::entry& entry) const noexcept {
        return entry.owner.load(std::memory_order_relaxed) == id_;
    }
    /// The calling thread's cache; null if it has none, or if `find_or_adopt` must look for it.
    [[nodiscard]] thread_cache* find() const noexcept {
        return is_mine(entry()) ? entry().cache : nullptr;
    }
    /// The calling thread's cache, if need be an idle one; null if there is none.
    [[nodiscard]] thread_cache* find_or_adopt() noexcept;
    /// Whether the calling thread may have caches: not once it has all but ended, nor where the
    /// system does not promise to say that it ends.
    [[nodiscard]] static bool may_have_one() noexcept;
    /// Gives the calling thread a cache.
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

    /// A thread has ended: what its cache holds may go where other threads find it.
    virtual void give_up(thread_cache& cache) noexcept = 0;
    /// Around a fork: with these locks held, what is shared is in order.
    [[nodiscard]] virtual bool try_lock_all() noexcept = 0;
    virtual void unlock_all() noexcept = 0;

    std::uint64_t id_;
    std::size_t entry_offset_;  // in bytes: this is on the way of every call
    thread_cache* first_ = nullptr;
    thread_caches* newer_ = nullptr;  // in the list of all
    thread_caches* older_ = nullptr;
};

}  // namespace strata::detail

#endif
