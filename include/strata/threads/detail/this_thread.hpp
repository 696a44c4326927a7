// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_THREADS_DETAIL_THIS_THREAD_HPP
#define STRATA_THREADS_DETAIL_THIS_THREAD_HPP

#include <cstddef>
#include <cstdint>

namespace strata::detail {

struct thread_record;

/// Which resource serves operator new of a thread (interop/global_new.hpp).
enum class new_route : std::uint8_t {
    usual,   // that of the program
    own,     // that of a `thread_resource`
    inside,  // the heap, since the thread is inside a resource: see inside_resource.hpp
};

/// All that the library keeps in thread-local storage. A shared library that is loaded late finds
/// little room there (glibc: some 1,600 bytes for all of them), so the rest is in `thread_record`.
struct thread_state {
    thread_record* record;  // never null: `no_thread_record` if the thread has none
    std::uint64_t number;   // see `number_of_this_thread`; 0 until it is needed
    new_route route;
    // See inside_resource.hpp.
    bool is_giving_back;
    bool has_deferred;
    // See fork_gate.hpp.
    std::uint8_t sections;
    std::uint16_t locks;
    std::uint16_t calls;

    [[nodiscard]] bool is_inside() const noexcept { return route == new_route::inside; }
};
static_assert(sizeof(thread_state) <= 32);

#if defined(__GNUC__)
// One load finds it, from a shared library too.
[[gnu::tls_model("initial-exec")]]
#endif
extern constinit thread_local thread_state this_thread;

/// The state of the calling thread. Never inlined: a fiber may change threads between two calls,
/// and a compiler that saw the thread-local variable would keep the address from before.
[[nodiscard]] thread_state& state_of_this_thread() noexcept;

/// A number that no other thread has or had, neither in this process nor in the process that
/// forked it.
[[nodiscard]] std::uint64_t number_of_this_thread() noexcept;

// A word of `this_thread`, read anew at each call for the same reason. clang from 15 on keeps the
// address of a thread-local operand across calls. So there the operand is its distance from the
// thread's pointer, which is the same for all threads.
#if defined(__x86_64__) && !defined(__ILP32__) && defined(__clang__) && __clang_major__ >= 15
#define STRATA_READ_OF_THIS_THREAD(to, member)                                   \
    asm volatile("movq _ZN6strata6detail11this_threadE@GOTTPOFF(%%rip), %0\n\t" \
                 "movq %%fs:%c1(%0), %0"                                         \
                 : "=&r"(to)                                                     \
                 : "i"(offsetof(thread_state, member)))
#elif defined(__GNUC__) && defined(__x86_64__) && !defined(__ILP32__)
#define STRATA_READ_OF_THIS_THREAD(to, member) \
    asm volatile("movq %1, %0" : "=r"(to) : "m"(this_thread.member))
#else
#define STRATA_READ_OF_THIS_THREAD(to, member) to = state_of_this_thread().member
#endif

/// The record of the calling thread.
[[nodiscard]] inline thread_record* record_of_this_thread() noexcept {
    thread_record* record;
    STRATA_READ_OF_THIS_THREAD(record, record);
    return record;
}

/// The number of the calling thread; 0 if it was not needed so far.
[[nodiscard]] inline std::uint64_t number_so_far() noexcept {
    std::uint64_t number;
    STRATA_READ_OF_THIS_THREAD(number, number);
    return number;
}

#undef STRATA_READ_OF_THIS_THREAD

}  // namespace strata::detail

#endif
