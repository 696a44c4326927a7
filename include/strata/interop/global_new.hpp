// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_GLOBAL_NEW_HPP
#define STRATA_INTEROP_GLOBAL_NEW_HPP

#include <memory_resource>

#include <strata/detail/lifetime_bound.hpp>
#include <strata/interop/detail/global_functions.hpp>
#include <strata/interop/detail/global_router.hpp>

/// Replaces operator new and delete of a whole program, in all 20 forms, by a resource.
///
///     #include <strata/interop/global_new.hpp>
///     #include <strata/strata.hpp>
///     STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{}, strata::concurrent_pool{}});
///
/// Write it at global scope in exactly one source file of an executable; a second one does not
/// link. The expression makes a resource (of any type, also a `strata::stack`) or refers to one,
/// such as `*strata::system_heap()`. It is evaluated at the first allocation.
///
/// Routing: to that resource, or the one installed by `strata::global::swap`. While a thread is
/// inside the resource, and while the resource is made, `system_heap()` serves. A
/// `concurrent_pool_resource` may then serve too, with a free block that the thread has at hand.
/// Each block goes back to the resource that served it.
/// Lifetime: the resource is made at the first allocation, which may be before `main`, and never
/// destroyed. If the expression is a reference, that resource must exist by then, and until the end
/// of the program.
/// Overhead: a header of 16 bytes before each block, or of its alignment if that is larger. The
/// resource sees it as part of the block. No header if the type of the resource can tell the size
/// of a block (`std::size_t block_size(const void*) const noexcept`), as `heap_resource` can. Over
/// a `concurrent_pool_resource`, alone or as the top layer of a stack, 32 instructions to allocate
/// and 32 to free; one more each if it is the top layer of a strategy from a text. Calls of the
/// resource take 30 and 30. No virtual call there, nor if the type of the resource is known to the
/// compiler.
/// Complexity: O(1) beside the resource's.
/// Errors: as the standard requires. If the resource throws `std::bad_alloc`, the handler of
/// `std::set_new_handler` is called and the request made again; without a handler the exception
/// passes through. The nothrow forms do the same and return null for any exception. A block that is
/// freed twice, with a wrong size or alignment, or that is not from operator new, is a misuse, if
/// its header shows it. If a `debug_resource` serves operator new, it makes the report. If the
/// expression throws, the program ends with the message of the exception.
/// Threads: the resource must be safe to use from all threads of the program. `fork` is as safe as
/// the resource makes it. If the program also calls the resource directly, no layer of it may draw
/// from operator new. `std::pmr::new_delete_resource()`, the default upstream of many constructors,
/// does: end the composition on `system_heap()`.
#define STRATA_GLOBAL_RESOURCE(...)                                                         \
    static decltype(auto) strata_global_resource() {                                        \
        return (__VA_ARGS__);                                                               \
    }                                                                                       \
    using strata_global_router = ::strata::global::detail::router<&strata_global_resource>; \
    STRATA_GLOBAL_FUNCTIONS                                                                 \
    extern "C" {                                                                            \
    extern const char STRATA_GLOBAL_RESOURCE_may_stand_in_one_source_file_only;             \
    const char STRATA_GLOBAL_RESOURCE_may_stand_in_one_source_file_only = 0;                \
    }                                                                                       \
    static_assert(true)

namespace strata::global {

/// The resource that operator new draws from now.
///
/// Errors: `std::logic_error` in a program without `STRATA_GLOBAL_RESOURCE`.
/// Threads: safe to call from any.
[[nodiscard]] std::pmr::memory_resource& current();

/// Lets operator new draw from this resource from now on, and returns the one that it drew from.
///
///     strata::debug_resource memory{strata::system_heap()};
///     auto& before = strata::global::swap(memory);
///     ...
///     strata::global::swap(before);
///
/// Lifetime: the resource must last until the last block that was taken from it is freed.
/// Complexity: O(1).
/// Errors: as `current`; nothing is changed then.
/// Threads: safe to call from any. Calls in other threads may still reach the previous resource.
/// Before you destroy it, make sure that those calls have returned: join the threads, or let them
/// pass a barrier.
std::pmr::memory_resource& swap(std::pmr::memory_resource& with);

/// Lets operator new draw from a resource until the end of a C++ scope.
///
///     strata::stats_resource counted{strata::system_heap()};
///     {
///         strata::global::scoped_resource use{counted};
///         work();
///     }
///     std::cout << counted.snapshot();
///
/// Lifetime, complexity, threads: as `swap`.
/// Overhead: 16 bytes.
/// Errors: as `swap`. Scopes that end out of order are a misuse; the resource that is installed
/// then stays.
class scoped_resource {
public:
    [[nodiscard("it installs the resource only as long as it lives: give it a name")]]
    explicit scoped_resource(std::pmr::memory_resource& use STRATA_LIFETIME_BOUND)
        : installed_{use}, before_{swap(use)} {}
    scoped_resource(const scoped_resource&) = delete;
    scoped_resource& operator=(const scoped_resource&) = delete;
    ~scoped_resource();

private:
    std::pmr::memory_resource& installed_;
    std::pmr::memory_resource& before_;
};

/// The content of the report at the end of a program.
enum class exit_report {
    stats,  ///< the counts of the first `stats` of the program's resource
    leaks,  ///< the live blocks: with call sites if the resource has a `debug`, which first
            ///< reports overwritten blocks; else the numbers of its `stats`
    all
};

/// Writes a report to standard error when the program ends, after the destructors of all objects
/// with static lifetime. Only destructors of a shared library may run later, if it was initialised
/// before this one and allocated nothing then.
///
///     int main() { strata::global::report_at_exit(); ... }
///
/// It allocates nothing, except the text of call sites, from the heap. Findings of a `debug` go
/// where its options say: by default to `strata::misuse`, which ends the program. Sizes include
/// headers, as the resource sees them.
/// Errors: `std::logic_error` in a program without `STRATA_GLOBAL_RESOURCE`. If the resource has
/// neither `stats` nor `debug`, the report says so.
/// Threads: safe to call from any.
void report_at_exit(exit_report what = exit_report::all);

}  // namespace strata::global

#endif
