// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/this_thread.hpp>

#include "detail/shield.hpp"
#include "process_state.hpp"

namespace strata::detail {

// --- section_mutex ----------------------------------------------------------------------------

namespace {

static_assert(static_cast<unsigned>(lock_order::innermost) < 16,
              "`thread_state::locks` has 16 bits");

constexpr std::uint16_t bit_of(std::uint8_t place) noexcept {
    return static_cast<std::uint16_t>(1U << place);
}

}  // namespace

void section_mutex::lock() noexcept {
    thread_state& me = state_of_this_thread();
    require_rule(me.locks < bit_of(place_), "locks of the library are taken out of their order");
    fork_gate::enter_section(me);
    me.locks |= bit_of(place_);
    mutex_.lock();
}

bool section_mutex::try_lock() noexcept {
    thread_state& me = state_of_this_thread();
    fork_gate::enter_section(me);
    if (mutex_.try_lock()) {
        me.locks |= bit_of(place_);
        return true;
    }
    fork_gate::leave_section(me);
    return false;
}

void section_mutex::unlock() noexcept {
    mutex_.unlock();
    thread_state& me = state_of_this_thread();
    me.locks &= static_cast<std::uint16_t>(~bit_of(place_));
    fork_gate::leave_section(me);
}

namespace {

constexpr std::uint32_t held = 1;
constexpr std::uint32_t awaited = 2;
constexpr std::uint32_t generation_unit = 4;

std::uint32_t held_now() noexcept {
    return fork_gate::generation() * generation_unit + held;
}

}  // namespace

bool call_mutex::is_held_here() const noexcept {
    return is_held_by(number_of_this_thread());
}

// Whether the holder exists only in a parent process: it locked the mutex before the fork, and is
// not the thread that forked.
bool call_mutex::is_left_behind(std::uint32_t seen) const noexcept {
    return seen / generation_unit != held_now() / generation_unit &&
           holder_.load(std::memory_order_acquire) != process.survivor.load();
}

bool call_mutex::try_acquire() noexcept {
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    return (seen == 0 || is_left_behind(seen)) &&
           state_.compare_exchange_strong(seen, held_now(), std::memory_order_acquire);
}

void call_mutex::acquire() noexcept {
    if (try_acquire()) {
        return;
    }
    const shield here;  // `wait` of an atomic asks the system
    for (;;) {
        std::uint32_t seen = state_.load(std::memory_order_relaxed);
        if (seen == 0 || is_left_behind(seen)) {
            // Other threads may wait too.
            if (state_.compare_exchange_weak(seen, held_now() | awaited,
                                             std::memory_order_acquire)) {
                return;
            }
        } else if ((seen & awaited) != 0 ||
                   state_.compare_exchange_weak(seen, seen | awaited, std::memory_order_relaxed)) {
            state_.wait(seen | awaited, std::memory_order_relaxed);
        }
    }
}

void call_mutex::release() noexcept {
    if ((state_.exchange(0, std::memory_order_release) & awaited) != 0) {
        state_.notify_one();
    }
}

void call_mutex::lock() noexcept {
    thread_state& me = state_of_this_thread();
    require_rule(me.locks == 0, "locks of the library are taken out of their order");
    if (is_held_by(number_of(me))) {
        ++again_;
        return;
    }
    for (;;) {
        acquire();
        if (fork_gate::try_enter_call(me)) {
            break;
        }
        release();
        fork_gate::wait_until_open();
    }
    again_ = 0;
    holder_.store(me.number, std::memory_order_relaxed);
}

bool call_mutex::try_lock() noexcept {
    thread_state& me = state_of_this_thread();
    if (is_held_by(number_of(me))) {
        ++again_;
        return true;
    }
    if (!try_acquire()) {
        return false;
    }
    if (!fork_gate::try_enter_call(me)) {
        release();
        return false;
    }
    again_ = 0;
    holder_.store(me.number, std::memory_order_relaxed);
    return true;
}

void call_mutex::unlock() noexcept {
    if (again_ != 0) {
        --again_;
        return;
    }
    // If the mutex was locked before the fork that made this process, it gets this process's
    // generation now. Otherwise a thread that sees no holder would take the mutex for one left
    // behind.
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    while (seen / generation_unit != held_now() / generation_unit &&
           !state_.compare_exchange_weak(seen, held_now() | (seen & awaited),
                                         std::memory_order_relaxed)) {
    }
    holder_.store(0, std::memory_order_release);
    release();
    fork_gate::leave_call(state_of_this_thread());
}

}  // namespace strata::detail
