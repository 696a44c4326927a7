// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/threads/detail/this_thread.hpp>

#include <strata/threads/detail/thread_record.hpp>

#include "process_state.hpp"

namespace strata::detail {

constinit thread_record no_thread_record{};
constinit thread_local thread_state this_thread{
    &no_thread_record, 0, new_route::usual, false, false, 0, 0, 0};

[[gnu::noinline]] thread_state& state_of_this_thread() noexcept {
    thread_state* state = &this_thread;
    asm volatile("" : "+r"(state));  // so that compilers do not merge two calls
    return *state;
}

[[gnu::noinline]] std::uint64_t number_of_this_thread() noexcept {
    thread_state* me = &this_thread;
    asm volatile("" : "+r"(me));
    if (me->number == 0) [[unlikely]] {
        me->number = process.last_thread.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    return me->number;
}

}  // namespace strata::detail
