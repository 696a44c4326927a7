// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_THREADS_DETAIL_FORK_GATE_HPP
#define STRATA_THREADS_DETAIL_FORK_GATE_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace strata::detail {

struct thread_state;

/// Keeps `fork` from copying the library in the middle of a change. A thread passes the gate before
/// it changes data that threads share. `fork` closes the gate and waits until the threads inside
/// have left. It takes no lock. In the child, no lock of the library is held by a thread that
/// exists only in the parent.
///
/// A thread is inside in one of two ways:
/// - in a *section*, which calls no foreign code, so that it ends soon: `fork` waits for its end;
/// - in a *call* of foreign code, an upstream or a handler, for which other threads must wait.
///   `fork` waits for its end too, since the upstream may rely on us to let in one thread at a
///   time. It waits for 100 ms at most: the call may wait for a lock that the forking thread holds.
/// A thread that is inside passes the closed gate, since other threads may wait for a lock that it
/// holds. After those 100 ms, a thread in a call enters no further section until the gate opens.
/// The thread that forks always passes.
class fork_gate {
public:
    static void enter_section() noexcept;
    static void leave_section() noexcept;

    // For callers that have the state of their thread at hand.
    static void enter_section(thread_state& me) noexcept;
    static void leave_section(thread_state& me) noexcept;
    /// False if the gate is closed and the thread is not inside yet. The thread must then release
    /// each lock that others wait for, and `wait_until_open`.
    [[nodiscard]] static bool try_enter_call(thread_state& me) noexcept;
    static void leave_call(thread_state& me) noexcept;
    static void wait_until_open() noexcept;

    /// For the child of a fork that was made during a call: the calling thread no longer counts as
    /// a holder of locks.
    static void forget_locks() noexcept;

    /// How many forks lie between the first process and this one.
    [[nodiscard]] static std::uint32_t generation() noexcept;
    /// Whether the thread with this number exists only in a parent process, because another thread
    /// forked.
    [[nodiscard]] static bool is_left_behind(std::uint64_t thread) noexcept;
};

/// A section that lasts as long as this object; `fork` waits for its end.
class section {
public:
    section() noexcept { fork_gate::enter_section(); }
    section(const section&) = delete;
    section& operator=(const section&) = delete;
    ~section() { fork_gate::leave_section(); }
};

/// How many locks a concurrent pool has for its size classes.
inline constexpr std::size_t class_locks = 8;

/// A thread locks section mutexes in this order, and at most one of each place.
enum class lock_order : std::uint8_t {
    classes,  // of a concurrent pool: one place a lock
    chunks = classes + class_locks,
    counts,
    blocks,  // large ones, or a range of pages
    served,  // the guard's map of blocks
    traces,  // the list of open traces
    calls,   // the tree of calls of a trace
    trace,   // the chunks of a trace
    innermost,
};

/// A mutex for a few steps without a foreign call: the thread that locks it is in a section. The
/// mutex is free in the child of a fork. Checked builds end the program in two cases. A thread
/// locks this one while it holds one of the same place or of a later place. Or it calls foreign
/// code, or locks a `call_mutex`, while it holds this one.
class section_mutex {
public:
    constexpr explicit section_mutex(lock_order order = lock_order::innermost) noexcept
        : place_{static_cast<std::uint8_t>(order)} {}
    /// One of the locks of size classes. A thread may hold several, taken in ascending order.
    constexpr explicit section_mutex(std::size_t of_class) noexcept
        : place_{static_cast<std::uint8_t>(of_class)} {}

    void lock() noexcept;
    [[nodiscard]] bool try_lock() noexcept;
    void unlock() noexcept;

private:
    std::mutex mutex_;
    const std::uint8_t place_;
};

/// A mutex that a thread holds while it calls foreign code. It is taken before any section mutex.
/// Foreign code may call back: its thread may lock the mutex again, and may fork. The mutex is free
/// in the child, unless the forking thread held it.
class call_mutex {
public:
    constexpr call_mutex() noexcept = default;
    call_mutex(const call_mutex&) = delete;
    call_mutex& operator=(const call_mutex&) = delete;

    void lock() noexcept;
    [[nodiscard]] bool try_lock() noexcept;
    void unlock() noexcept;

    /// Whether the calling thread holds the mutex.
    [[nodiscard]] bool is_held_here() const noexcept;

private:
    [[nodiscard]] bool is_held_by(std::uint64_t thread) const noexcept {
        return holder_.load(std::memory_order_relaxed) == thread;
    }
    [[nodiscard]] bool is_left_behind(std::uint32_t seen) const noexcept;
    [[nodiscard]] bool try_acquire() noexcept;
    void acquire() noexcept;
    void release() noexcept;

    std::atomic<std::uint32_t> state_ = 0;  // 0: free; else held, whether awaited, generation
    std::uint32_t again_ = 0;               // how often its holder has locked it again
    std::atomic<std::uint64_t> holder_ = 0;
};

/// Lives during each call of foreign code by the library: an upstream, a callback, a handler. The
/// constructor leaves the sections that its thread is in, and the destructor enters them again.
/// Checked builds end the program if the thread holds a `section_mutex`.
class foreign_call {
public:
    foreign_call() noexcept;
    foreign_call(const foreign_call&) = delete;
    foreign_call& operator=(const foreign_call&) = delete;
    ~foreign_call();

private:
    std::uint8_t sections_;  // how many to enter again
};

}  // namespace strata::detail

#endif
