// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_ALLOCATION_SOURCE_HPP
#define STRATA_CORE_ALLOCATION_SOURCE_HPP

#include <atomic>

#include <strata/core/layout.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {

class allocation_source;

/// Is called before each allocation from a source, on the thread that allocates, so that it can
/// take the call stack.
class allocation_watcher {
public:
    /// Called under the source's lock. The allocation may fail afterwards.
    virtual void asked(layout wanted) noexcept = 0;

protected:
    allocation_watcher() = default;
    allocation_watcher(const allocation_watcher&) = default;
    allocation_watcher& operator=(const allocation_watcher&) = default;
    virtual ~allocation_watcher();

private:
    friend class allocation_source;
    allocation_watcher* next_ = nullptr;
};

/// A source of allocations that watchers attach to: a `watched_resource`, or operator new of the
/// whole program.
class allocation_source {
public:
    allocation_source(const allocation_source&) = delete;
    allocation_source& operator=(const allocation_source&) = delete;

    /// Begins and ends telling a watcher of each request.
    void attach(allocation_watcher& watcher) noexcept;
    void detach(const allocation_watcher& watcher) noexcept;

    /// Makes one allocation through this source and tells `watcher` alone. With it a watcher tests
    /// that it is told of allocations at all.
    void try_out(const allocation_watcher& watcher);

    /// While one lives, watchers are not told of this thread's allocations.
    class pause {
    public:
        [[nodiscard]] pause() noexcept;
        pause(const pause&) = delete;
        pause& operator=(const pause&) = delete;
        ~pause();

    private:
        const void* before_;
    };

protected:
    constexpr allocation_source() = default;
    ~allocation_source() = default;

    [[nodiscard]] bool is_watched() const noexcept {
        return watchers_.load(std::memory_order_acquire) != nullptr;
    }

    // Without a watcher it costs a load and a branch.
    void tell_watchers(layout wanted) noexcept {
        if (is_watched()) [[unlikely]] {
            tell_each(wanted);
        }
    }

private:
    virtual void allocate_and_free_a_byte() = 0;
    /// Called under the lock after a watcher was attached or detached.
    virtual void watchers_changed() noexcept {}
    void tell_each(layout wanted) noexcept;

    detail::call_mutex mutex_;  // guards the list
    std::atomic<allocation_watcher*> watchers_ = nullptr;
};

namespace detail {

/// Operator new of the program. Null until STRATA_GLOBAL_RESOURCE has served its first allocation,
/// and in a program without it: a budget for the whole program then fails.
extern std::atomic<allocation_source*> global_allocation_source;

}  // namespace detail

}  // namespace strata

#endif
