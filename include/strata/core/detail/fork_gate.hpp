// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_FORK_GATE_HPP
#define STRATA_CORE_DETAIL_FORK_GATE_HPP

#include <atomic>
#include <cstdint>
#include <mutex>

namespace strata::detail {

struct thread_state;

/// Keeps `fork` from copying the library in the middle of a change. Whoever changes what threads
/// share passes the gate; `fork` closes it and waits until those inside have left. It takes no
/// lock, and nothing of ours is locked in the child.
///
/// A thread is inside in one of two ways:
/// - in a *section*, which calls nothing foreign, so that it ends soon: `fork` waits for it;
/// - in a *call* of foreign code, an upstream or a handler, that other threads must wait for.
///   `fork` waits for it too, since the upstream may be one thread's at a time and rely on us; but
///   not for ever, since it may itself wait for a lock that the forking thread holds.
/// A thread that is inside passes the closed gate: others may wait for what it has. The thread that
/// forks passes it as well.
class fork_gate {
public:
    static void enter_section() noexcept;
    static void leave_section() noexcept;

    // For who knows the state of the thread that calls.
    static void enter_section(thread_state& me) noexcept;
    static void leave_section(thread_state& me) noexcept;
    /// False if the gate is closed to a thread that is not inside yet: it must let go of what
    /// others wait for, and `wait_until_open`.
    [[nodiscard]] static bool try_enter_call(thread_state& me) noexcept;
    static void leave_call(thread_state& me) noexcept;
    static void wait_until_open() noexcept;

    /// How many forks lie between the first process and this one.
    [[nodiscard]] static std::uint32_t generation() noexcept;
    /// Whether the thread of this number is left behind in a parent process.
    [[nodiscard]] static bool is_left_behind(std::uint64_t thread) noexcept;
};

/// A part of a function that `fork` waits for.
class section {
public:
    section() noexcept { fork_gate::enter_section(); }
    section(const section&) = delete;
    section& operator=(const section&) = delete;
    ~section() { fork_gate::leave_section(); }
};

/// A mutex for a few steps without a foreign call: whoever locks it is in a section. It is free in
/// the child of a fork. Checked builds find a foreign call while it is locked.
class section_mutex {
public:
    constexpr section_mutex() noexcept = default;

    void lock() noexcept;
    [[nodiscard]] bool try_lock() noexcept;
    void unlock() noexcept;

private:
    std::mutex mutex_;
};

/// A mutex that is held while foreign code is called, which may call back: the thread that has it
/// may lock it again, and may fork. In the child it is free, unless the forking thread had it.
class call_mutex {
public:
    constexpr call_mutex() noexcept = default;
    call_mutex(const call_mutex&) = delete;
    call_mutex& operator=(const call_mutex&) = delete;

    void lock() noexcept;
    [[nodiscard]] bool try_lock() noexcept;
    void unlock() noexcept;

    /// Whether the calling thread has it.
    [[nodiscard]] bool is_held_here() const noexcept;

private:
    [[nodiscard]] bool is_held_by(std::uint64_t thread) const noexcept {
        return holder_.load(std::memory_order_relaxed) == thread;
    }
    [[nodiscard]] bool is_left_behind(std::uint32_t seen) const noexcept;
    [[nodiscard]] bool try_acquire() noexcept;
    void acquire() noexcept;
    void release() noexcept;

    std::atomic<std::uint32_t> state_ = 0;  // 0: free; or held, the generation, is somebody waiting
    std::uint32_t again_ = 0;               // how often its holder has locked it again
    std::atomic<std::uint64_t> holder_ = 0;
};

/// A call of foreign code, from wherever in the library: an upstream, a callback, a handler. While
/// one lives, its thread is in no section. Checked builds end the program if it holds a
/// `section_mutex`.
class foreign_call {
public:
    foreign_call() noexcept;
    foreign_call(const foreign_call&) = delete;
    foreign_call& operator=(const foreign_call&) = delete;
    ~foreign_call();

private:
    std::uint16_t sections_;  // that go on afterwards
};

}  // namespace strata::detail

#endif
