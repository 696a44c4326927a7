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
///     #include <strata/strata.hpp>
///     STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{}, strata::concurrent_pool{}});
///
/// It stands at global scope in exactly one source file of an executable; a second one does not
/// link. The expression makes a resource (of any type, `strata::stack` too) or refers to one,
/// `*strata::system_heap()` say; it is evaluated at the first allocation.
///
/// Routing: to that resource, or the one installed by `strata::global::swap`; what a thread
/// allocates while it is inside the resource, or while the resource is made, to `system_heap()`.
/// Each block goes back to the resource that made it.
/// Lifetime: the resource is made at the first allocation, which may be before `main`, and never
/// destroyed. One that is referred to must be there at that time and last as long.
/// Overhead: 16 bytes before each block, or as many as it is aligned to if those are more, which
/// the resource sees as part of it; none if the type of the resource can tell the size of a block
/// (`std::size_t block_size(const void*) const noexcept`), as `heap_resource` can. Some ten
/// instructions a call beside the resource's; no virtual call if the expression is of a final type.
/// Complexity: O(1) beside the resource's.
/// Errors: as the language says. Where the resource throws `std::bad_alloc`, the handler of
/// `std::set_new_handler` is called and the request made again; without one the exception goes out
/// as it is. The nothrow forms do the same and return null for any exception. A block that is freed
/// twice, with another size or alignment, or is none of operator new's, is a misuse, as far as what
/// stands before it tells; under a `debug_resource` that one reports it. If the expression throws,
/// the program ends with its message.
/// Threads: the resource must be safe to use from any number of threads, unless the program has but
/// one. `fork` is as safe as the resource makes it. Where the program also calls the resource itself,
/// nothing below may draw from operator new in turn, as `std::pmr::new_delete_resource()` does and so
/// the default of many constructors: end it on `system_heap()`.
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
/// before, since operator new keeps no count of its calls. Before that resource ends, the threads
/// must be known to have left: they were joined, say, or have passed a barrier.
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
/// Errors: as `swap`. A scope that ends while another resource is installed (out of order) is a
/// misuse; then that one stays.
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
    leaks,  ///< what is still live, by its `debug`, with call sites, or else by its `stats`; before
            ///< that, what its `debug` finds to be overwritten, in live and in freed blocks
    all
};

/// Writes a report to standard error when the program ends, after the destructors of all objects
/// with static lifetime; but those of a shared library that was initialised before this one, and
/// allocated nothing then, may come later.
///
///     int main() { strata::global::report_at_exit(); ... }
///
/// It allocates nothing, save that the text of call sites comes from the heap. Leaks that a `debug`
/// finds, and what was overwritten, go where its options say: as they are, to `strata::misuse`, which
/// ends the program.
/// Sizes are those that the resource sees.
/// Errors: `std::logic_error` in a program without `STRATA_GLOBAL_RESOURCE`. Where nothing under
/// operator new counts, the report says that.
/// Threads: safe to call from any.
void report_at_exit(exit_report what = exit_report::all);

}  // namespace strata::global

#endif
