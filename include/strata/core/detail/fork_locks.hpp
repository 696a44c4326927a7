// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_FORK_LOCKS_HPP
#define STRATA_CORE_DETAIL_FORK_LOCKS_HPP

namespace strata::detail {

/// Locks that must be free in the child of a fork, since who held them is not there: those of all
/// resources of a kind. Around each fork all of all kinds are taken.
///
/// All or none, again and again: a thread that has one may wait for another, of its kind or not, in
/// an order that only the stack of resources knows. For the same reason this cannot be left to
/// several handlers of `pthread_atfork`, each of which would keep what it has while the next tries.
struct fork_locks {
    /// Takes all, or none. It may wait for what is only ever held for a few steps, without a call.
    bool (*try_lock)() noexcept;
    void (*unlock)() noexcept;
    /// With all locks held, in the child: sets right what the other threads were about.
    void (*go_on_in_child)() noexcept;

    fork_locks* next = nullptr;
    bool is_locked = false;
};

/// To be called once for each kind, with what is never destroyed.
void take_around_forks(fork_locks& locks) noexcept;

}  // namespace strata::detail

#endif
