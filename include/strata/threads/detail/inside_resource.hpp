// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_THREADS_DETAIL_INSIDE_RESOURCE_HPP
#define STRATA_THREADS_DETAIL_INSIDE_RESOURCE_HPP

#include <cstddef>
#include <utility>

#include <strata/threads/detail/this_thread.hpp>

// A resource that serves operator new (interop/global_new.hpp) may itself call operator new. While
// a thread is inside the resource, the heap serves these calls.
namespace strata::detail {

using give_back_function = void (*)(void* block, std::size_t size, std::size_t alignment) noexcept;

/// A block that was freed while its thread was inside a resource. The thread frees it after it has
/// left the resource.
struct deferred_block {
    deferred_block* next;
    give_back_function give_back;
    void* block;
    std::size_t size;
    std::size_t alignment;
};

/// While one lives, this thread allocates from the heap, and its frees of the program's blocks are
/// deferred to the end of the outermost one.
class inside_resource {
public:
    explicit inside_resource(thread_state& mine = state_of_this_thread()) noexcept
        : mine_{mine}, before_{std::exchange(mine.route, new_route::inside)} {}
    inside_resource(const inside_resource&) = delete;
    inside_resource& operator=(const inside_resource&) = delete;
    ~inside_resource() {
        mine_.route = before_;
        if (before_ != new_route::inside && mine_.has_deferred) [[unlikely]] {
            give_back_deferred();
        }
    }

    /// Defers the free of a block to the end of the outermost `inside_resource` of this thread.
    static void defer(give_back_function give_back, void* block, std::size_t size,
                      std::size_t alignment) noexcept;

private:
    static void give_back_deferred() noexcept;

    thread_state& mine_;
    new_route before_;
};

}  // namespace strata::detail

#endif
