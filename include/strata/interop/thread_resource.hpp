// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_THREAD_RESOURCE_HPP
#define STRATA_INTEROP_THREAD_RESOURCE_HPP

#include <memory_resource>

#include <strata/detail/lifetime_bound.hpp>

namespace strata {

/// A scope in which operator new of this thread draws from a resource, also in code that knows
/// nothing of resources. The program must have `STRATA_GLOBAL_RESOURCE`.
///
///     strata::arena_resource arena;
///     {
///         strata::thread_resource scope{arena};
///         parse(text);                                 // its `new` draws from the arena
///     }
///
/// Routing: the innermost scope of the thread decides, also after `global::swap`. Each block goes
/// back to the resource that served it, in whatever scope and on whatever thread it is freed. While
/// the thread is inside a resource, `system_heap()` serves.
/// Lifetime: the resource must outlive the scope and all blocks that were taken from it, also those
/// of caches and static objects that are filled inside the scope. A `stats` with `on_destroy` over
/// the resource reports blocks that are left.
/// Overhead: 16 bytes for the object; a block has the header of operator new. While a scope is open
/// on any thread, the fast paths of operator new are closed on all threads. They stay closed if a
/// scope cannot end: after a misuse, after the exit of a thread inside a scope, and in the child of
/// a fork if another thread was inside one.
/// Complexity: O(1); the beginning and the end of a scope take a lock each.
/// Errors: `std::logic_error` in a program without `STRATA_GLOBAL_RESOURCE`; `std::bad_alloc` if
/// there is no memory for the library's record of the thread, or if the thread is ending. A scope
/// that ends before one inside it, or on another thread, is a misuse: the thread that began it then
/// keeps that resource until it exits.
/// Threads: the resource need not be thread-safe if no other thread frees blocks of it; checked
/// builds report two threads inside it at once. A scope must not stay open while a fiber or a
/// coroutine is suspended. In the child of a fork, the scope of the forking thread goes on.
class thread_resource {
public:
    [[nodiscard("it serves operator new only as long as it lives: give it a name")]]
    explicit thread_resource(std::pmr::memory_resource& use STRATA_LIFETIME_BOUND);
    thread_resource(const thread_resource&) = delete;
    thread_resource& operator=(const thread_resource&) = delete;
    ~thread_resource();

private:
    std::pmr::memory_resource* outer_resource_;  // null: that of the program
    thread_resource* outer_;                     // maybe ended, after a misuse: only compared
};

}  // namespace strata

#endif
