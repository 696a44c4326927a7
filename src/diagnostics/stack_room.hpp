// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_CORE_STACK_ROOM_HPP
#define STRATA_SRC_CORE_STACK_ROOM_HPP

#include <utility>

namespace strata::detail {

/// Runs `work(data)` with at least 256 KiB of stack: on this stack if that much is known to be
/// left, otherwise on a temporary one. The thread is not cancelled meanwhile. Throws what the work
/// throws, and `std::bad_alloc` if there is no memory for a stack.
void run_with_stack_room(void (*work)(void* data), void* data);

/// The same for a function object; returns what it returns.
template <class Work>
[[nodiscard]] auto with_stack_room(const Work& work) {
    struct both {
        const Work& work;
        decltype(work()) result{};
    } all{work};
    run_with_stack_room(
        [](void* data) {
            auto& to = *static_cast<both*>(data);
            to.result = to.work();
        },
        &all);
    return std::move(all.result);
}

}  // namespace strata::detail

#endif
