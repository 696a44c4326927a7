// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_GLOBAL_NEW_HPP
#define STRATA_INTEROP_GLOBAL_NEW_HPP

#include <memory_resource>

#include <strata/detail/lifetime_bound.hpp>
#include <strata/interop/detail/global_functions.hpp>
#include <strata/interop/detail/global_router.hpp>

/// Puts a whole program on a resource: its operator new and delete, in all 20 forms that a program
/// may replace.
///
///     #include <strata/interop/global_new.hpp>
///     #include <strata/strata.hpp>
///     STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{}, strata::concurrent_pool{}});
///
/// It stands at global scope in exactly one source file of an executable; a second one does not
/// link. The expression makes a resource (of any type, `strata::stack` too) or refers to one,
/// `*strata::system_heap()` say; it is evaluated at the first allocation.
///
/// Routing: to that resource, or the one installed by `strata::global::swap`. While a thread is
/// inside the resource, and while the resource is made, `system_heap()` serves. Each block goes
/// back to the resource that served it.
/// Lifetime: the resource is made at the first allocation, which may be before `main`, and never
/// destroyed. If the expression gives a reference, that resource must be there at that time, and
/// last to the end of the program.
/// Overhead: a header of 16 bytes before each block, or of its alignment if that is larger. The
/// resource sees it as part of the block. No header if the type of the resource can tell the size
/// of a block (`std::size_t block_size(const void*) const noexcept`), as `heap_resource` can. Over
/// a `concurrent_pool_resource`, 19 instructions to allocate and 12 to free beside the resource's
/// own. No virtual call if the type of the resource is known to the compiler.
/// Complexity: O(1) beside the resource's.
/// Errors: as the language says. If the resource throws `std::bad_alloc`, the handler of
/// `std::set_new_handler` is called and the request made again; without a handler the exception
/// passes through. The nothrow forms do the same and return null for any exception. A block that is
/// freed twice, with another size or alignment, or that operator new has not served, is a misuse,
/// as far as its header shows it. A `debug_resource` under operator new reports it instead. If the
/// expression throws, the program ends with the message of the exception.
/// Threads: the resource must be safe to use from all threads of the program. `fork` is as safe as
/// the resource makes it. If the program also calls the resource directly, no upstream may draw
/// from operator new, as `std::pmr::new_delete_resource()` does, which is the default upstream of
/// many constructors: end the composition on `system_heap()`.
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
/// Threads: safe to call from any. Requests that other threads are making may still reach the one
/// before, since operator new keeps no count of its calls. Before that resource ends, those threads
/// must have been joined, or have passed a barrier.
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

/// What is said at the end of a program.
enum class exit_report {
    stats,  ///< all that the first `stats` of the program's resource has counted
    leaks,  ///< what is still live: with call sites if the resource has a `debug`, which first
            ///< reports overwritten blocks; else the numbers of its `stats`
    all
};

/// Writes a report to standard error when the program ends, after the destructors of all objects
/// with static lifetime. Only destructors of a shared library that was initialised before this one,
/// and allocated nothing then, may run later.
///
///     int main() { strata::global::report_at_exit(); ... }
///
/// It allocates nothing, except memory of the heap for the text of call sites. What a `debug` finds
/// goes where its options say: by default to `strata::misuse`, which ends the program.
/// Sizes are those that the resource sees.
/// Errors: `std::logic_error` in a program without `STRATA_GLOBAL_RESOURCE`. If the resource has
/// neither `stats` nor `debug`, the report says so.
/// Threads: safe to call from any.
void report_at_exit(exit_report what = exit_report::all);

}  // namespace strata::global

#endif
