// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/threads/detail/fork_gate.hpp>

#include <pthread.h>
#include <time.h>

#include <array>
#include <cstdlib>
#include <utility>

#include <strata/detail/checks.hpp>
#include <strata/detail/text.hpp>
#include <strata/threads/detail/this_thread.hpp>

#include "detail/shield.hpp"
#include "process_state.hpp"

namespace strata::detail {
namespace {

enum openness : std::uint32_t {
    open,
    closed_to_newcomers,  // threads inside go on, and may enter again
    closed_to_all         // only the thread that forks enters a section
};

constexpr std::uint64_t one_section = 1;
constexpr std::uint64_t one_call = std::uint64_t{1} << 32;

// How long `fork` waits for calls of foreign code.
constexpr int patience_milliseconds = 100;
constexpr long nap_nanoseconds = 20'000;

process_state::stripe& stripe_of(std::uint64_t thread) noexcept {
    return process.stripes[thread % process.stripes.size()];
}

bool is_inside(const thread_state& thread) noexcept {
    return thread.sections != 0 || thread.calls != 0;
}

void leave(const thread_state& me, std::uint64_t what) noexcept {
    stripe_of(me.number).inside.fetch_sub(what);
}

// All operations here are sequentially consistent. So if one thread enters the gate while another
// closes it, at least one of them sees the other.
bool enter(const thread_state& me, std::uint64_t what) noexcept {
    const std::uint64_t number = number_of(me);
    const bool is_newcomer = !is_inside(me);
    std::atomic<std::uint64_t>& inside = stripe_of(number).inside;
    inside.fetch_add(what);
    const std::uint32_t now = process.gate.load();
    if (now == open || process.closed_by.load() == number ||
        (now == closed_to_newcomers && !is_newcomer)) [[likely]] {
        return true;
    }
    // A thread that is inside may begin a call; it waits before its next section.
    if (what == one_call && !is_newcomer) {
        return true;
    }
    inside.fetch_sub(what);
    return false;
}

// What the calling thread itself has added to its counter.
std::uint64_t mine() noexcept {
    const thread_state& me = state_of_this_thread();
    return (me.sections != 0 ? one_section : 0) + (me.calls != 0 ? one_call : 0);
}

bool are_gone(std::uint64_t counted) noexcept {
    const process_state::stripe& own = stripe_of(number_of_this_thread());
    for (const process_state::stripe& each : process.stripes) {
        const std::uint64_t allowed = &each == &own ? mine() : 0;
        if (((each.inside.load() - allowed) & counted) != 0) {
            return false;
        }
    }
    return true;
}

timespec now() noexcept {
    timespec time{};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

bool is_over(const timespec& begin) noexcept {
    const timespec end = now();
    return (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1'000'000 >=
           patience_milliseconds;
}

void before_fork() noexcept {
    const std::uint64_t me = number_of_this_thread();
    for (std::uint64_t closer = 0; !process.closed_by.compare_exchange_strong(closer, me);
         closer = 0) {
        if (closer == me) {
            return;  // another copy of the library, which shares the gate, has closed it
        }
        nap();  // another thread forks
    }
    constexpr std::uint64_t sections = one_call - 1;
    constexpr std::uint64_t all = ~std::uint64_t{0};
    process.gate.store(closed_to_newcomers);
    for (const timespec begin = now(); !are_gone(all) && !is_over(begin);) {
        nap();
    }
    process.gate.store(closed_to_all);
    while (!are_gone(sections)) {
        nap();
    }
}

void open_gate() noexcept {
    process.gate.store(open);  // before another thread may close it
    process.closed_by.store(0);
    process.gate.notify_all();
}

// Another copy of the library, which shares the gate, may have opened it already.
void after_fork_in_parent() noexcept {
    if (process.closed_by.load() == number_of_this_thread()) {
        open_gate();
    }
}

void after_fork_in_child() noexcept {
    const std::uint64_t me = number_of_this_thread();
    if (process.closed_by.load() != me) {
        return;
    }
    const std::uint64_t inside = mine();
    for (process_state::stripe& each : process.stripes) {
        each.inside.store(0);
    }
    stripe_of(me).inside.store(inside);
    process.survivor.store(me);
    process.first_after_fork.store(process.last_thread.load() + 1);
    process.generation.fetch_add(1);
    reclaim_records();
    open_gate();
}

// Registered as early as possible: the handler that is registered first runs last before a fork.
// When it runs, the handlers of other libraries hold their locks. If the gate closed before that, a
// thread that holds such a lock could wait at the gate and block the fork.
[[gnu::constructor(101)]] void begin() noexcept {
    (void)pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child);
}

}  // namespace

void require_rule(bool is_kept, const char* broken_rule) noexcept {
    if (checked && !is_kept) {
        say(broken_rule);
        std::abort();
    }
}

void nap() noexcept {
    const shield here;
    const timespec time{0, nap_nanoseconds};
    (void)nanosleep(&time, nullptr);
}

// --- the gate ---------------------------------------------------------------------------------

void fork_gate::enter_section() noexcept {
    enter_section(state_of_this_thread());
}

void fork_gate::leave_section() noexcept {
    leave_section(state_of_this_thread());
}

void fork_gate::enter_section(thread_state& me) noexcept {
    if (me.sections == 0) {
        while (!enter(me, one_section)) {
            wait_until_open();
        }
    }
    ++me.sections;
}

void fork_gate::leave_section(thread_state& me) noexcept {
    if (--me.sections == 0) {
        leave(me, one_section);
    }
}

bool fork_gate::try_enter_call(thread_state& me) noexcept {
    if (me.calls == 0 && !enter(me, one_call)) {
        return false;
    }
    ++me.calls;
    return true;
}

void fork_gate::leave_call(thread_state& me) noexcept {
    if (--me.calls == 0) {
        leave(me, one_call);
    }
}

void fork_gate::wait_until_open() noexcept {
    const shield here;  // `wait` of an atomic asks the system
    for (std::uint32_t now = process.gate.load(); now != open; now = process.gate.load()) {
        process.gate.wait(now);
    }
}

void fork_gate::forget_locks() noexcept {
    state_of_this_thread().locks = 0;
}

std::uint32_t fork_gate::generation() noexcept {
    return process.generation.load(std::memory_order_relaxed);
}

bool fork_gate::is_left_behind(std::uint64_t thread) noexcept {
    return thread < process.first_after_fork.load(std::memory_order_relaxed) &&
           thread != process.survivor.load(std::memory_order_relaxed);
}

// --- foreign_call -----------------------------------------------------------------------------

foreign_call::foreign_call() noexcept {
    thread_state& me = state_of_this_thread();
    require_rule(me.locks == 0, "foreign code is called while a lock of the library is held");
    sections_ = std::exchange(me.sections, 0);
    if (sections_ != 0) {
        leave(me, one_section);
    }
}

foreign_call::~foreign_call() {
    if (sections_ != 0) {
        thread_state& me = state_of_this_thread();
        fork_gate::enter_section(me);
        me.sections = sections_;
    }
}

}  // namespace strata::detail
