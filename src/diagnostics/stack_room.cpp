// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "stack_room.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>

#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(begin, end) 0U
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

namespace strata::detail {
namespace {

constexpr std::size_t enough = std::size_t{256} << 10;

using address = std::uintptr_t;

struct range {
    address begin = 0;
    address end = 0;
};

// The end of the first thread's stack. To find it, pthread_getattr_np() would read the list of all
// mappings.
const address first_stack_end = reinterpret_cast<address>(__builtin_frame_address(0));

range stack_of_first_thread() noexcept {
    constexpr rlim_t most = rlim_t{8} << 20;  // no mapping is nearer than 128 MiB
    rlimit limit{};
    getrlimit(RLIMIT_STACK, &limit);
    return {first_stack_end - std::min(limit.rlim_cur, most), first_stack_end};
}

range stack_of_thread() noexcept {
    if (gettid() == getpid()) {
        return stack_of_first_thread();
    }
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return {};
    }
    void* begin = nullptr;
    std::size_t bytes = 0;
    pthread_attr_getstack(&attributes, &begin, &bytes);
    pthread_attr_destroy(&attributes);
    return {reinterpret_cast<address>(begin), reinterpret_cast<address>(begin) + bytes};
}

// False also on stacks that the system does not know: of fibers and signal handlers.
bool has_enough() noexcept {
    const auto here = reinterpret_cast<address>(__builtin_frame_address(0));
    const range stack = stack_of_thread();
    return here < stack.end && here >= stack.begin && here - stack.begin > enough;
}

// Placed at the lowest address of its own stack.
struct other_stack {
    void (*work)(void*);
    void* data;
    std::exception_ptr error{};
    // To go back and there. In an array: glibc's type for RISC-V holds an array of no elements, of
    // which compilers warn in separate members.
    std::array<ucontext_t, 2> contexts{};
};

void run_there(unsigned upper, unsigned lower) {
    const shield here;
    auto& now = *reinterpret_cast<other_stack*>(static_cast<std::uintptr_t>(
        static_cast<std::uint64_t>(upper) << 32 | static_cast<std::uint64_t>(lower)));
    try {
        now.work(now.data);
    } catch (...) {
        now.error = std::current_exception();
    }
}

}  // namespace

void run_with_stack_room(void (*work)(void* data), void* data) {
    // The work may open files, which are cancellation points, and unwinding cannot cross from one
    // stack to the other.
    const shield here;
    if (has_enough()) {
        return work(data);
    }
    void* const mapped =
        mmap(nullptr, 2 * enough, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        raise_no_memory();
    }
    auto* const stack = ::new (mapped) other_stack{.work = work, .data = data};
    auto& [back, there] = stack->contexts;
    getcontext(&there);
    there.uc_stack.ss_sp = stack + 1;
    there.uc_stack.ss_size = 2 * enough - sizeof(other_stack);
    there.uc_link = &back;
    // Otherwise memcheck takes the way to this stack for one within the thread's, and all between
    // the two for free. On processors that it does not know, its macros use no argument.
    [[maybe_unused]] const unsigned known_to_valgrind =
        VALGRIND_STACK_REGISTER(stack + 1, static_cast<std::byte*>(mapped) + 2 * enough);
    const auto place = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(stack));
    makecontext(&there, reinterpret_cast<void (*)()>(&run_there), 2,
                static_cast<unsigned>(place >> 32), static_cast<unsigned>(place));
    swapcontext(&back, &there);
    VALGRIND_STACK_DEREGISTER(known_to_valgrind);
    const std::exception_ptr error = stack->error;
    stack->~other_stack();
    munmap(mapped, 2 * enough);
    if (error != nullptr) {
        std::rethrow_exception(error);
    }
}

}  // namespace strata::detail
