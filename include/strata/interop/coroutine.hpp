// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_COROUTINE_HPP
#define STRATA_INTEROP_COROUTINE_HPP

#include <concepts>
#include <cstddef>
#include <memory>
#include <memory_resource>

#include <strata/detail/lifetime_bound.hpp>

// Inlined even without optimisation: g++ takes an `operator new` that is a template and an
// `operator delete` that is none for a mismatch, and warns at each coroutine.
#define STRATA_FRAME_CALL [[gnu::always_inline]]

namespace strata {

/// What a coroutine may be given after `std::allocator_arg`: a pointer to a resource, or a
/// `std::pmr::polymorphic_allocator`.
template <class Type>
concept frame_source = std::convertible_to<const Type&, std::pmr::polymorphic_allocator<>>;

namespace detail {

[[nodiscard]] void* allocate_frame(std::size_t bytes, std::pmr::memory_resource& from);
/// Null where `allocate_frame` throws.
[[nodiscard]] void* try_allocate_frame(std::size_t bytes, std::pmr::memory_resource& from) noexcept;
void deallocate_frame(void* frame, std::size_t bytes) noexcept;

[[nodiscard]] inline std::pmr::memory_resource& resource_of(
    std::pmr::polymorphic_allocator<> from) noexcept {
    return *from.resource();
}

}  // namespace detail

/// The frames of the coroutines that this thread begins come from a resource, until the end of a
/// C++ scope: for coroutines with `resource_promise` that are not given one.
///
///     strata::scoped_frame_resource use{frames};
///     run(load(42));                               // its frame is in `frames`
///
/// Routing: the innermost scope of the thread decides. A coroutine that is resumed in a scope, and
/// begins others there, has their frames in the resource of that scope, not of its own.
/// Lifetime: the resource must outlive the scope and the frames.
/// Overhead: 8 bytes for the object. Complexity: O(1).
/// Errors: `std::bad_alloc` if there is no memory for what the library keeps of a thread.
/// Threads: for the thread that makes it, which must also end it. Scopes end in reverse order. A
/// scope must not stay open where a coroutine is suspended: others go on within it.
class scoped_frame_resource {
public:
    [[nodiscard("it serves frames only as long as it lives: give it a name")]]
    explicit scoped_frame_resource(std::pmr::memory_resource& use STRATA_LIFETIME_BOUND);
    scoped_frame_resource(const scoped_frame_resource&) = delete;
    scoped_frame_resource& operator=(const scoped_frame_resource&) = delete;
    ~scoped_frame_resource();

    /// Of the innermost scope of this thread; without one, the default resource.
    [[nodiscard]] static std::pmr::memory_resource& current() noexcept;

private:
    std::pmr::memory_resource* outer_;
};

/// The base of a promise type whose coroutines have their frames in a resource.
///
///     struct promise_type : strata::resource_promise { ... };
///
///     task<int> load(std::allocator_arg_t, std::pmr::memory_resource*, int key);
///
///     strata::arena_resource frames{strata::arena{.reuse_last = true}};
///     load(std::allocator_arg, &frames, 42);
///
/// Routing: the frame comes from the resource after `std::allocator_arg`, if these are the first
/// arguments of the coroutine, or the first but the object of a member function or of a lambda, as
/// with `std::generator`. Otherwise it comes from the resource of the innermost
/// `scoped_frame_resource` of the thread, and without one from `std::pmr::get_default_resource()`.
/// The compiler may do without an allocation where it sees the end of the coroutine.
/// Lifetime: the resource must outlive the coroutine's frame.
/// Overhead: 8 bytes a frame, which say where it came from; then rounded up to 16.
/// Complexity: that of the resource, which is asked for the alignment of `operator new`.
/// Errors: what the resource throws comes out of the call of the coroutine, before its body runs.
/// Threads: the frame is freed by the thread that destroys the coroutine. If that can be another
/// one, the resource must be for several threads.
class resource_promise {
public:
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes) {
        return detail::allocate_frame(bytes, scoped_frame_resource::current());
    }
    template <frame_source Source, class... Rest>
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes, std::allocator_arg_t,
                                                const Source& from, const Rest&... /*others*/) {
        return detail::allocate_frame(bytes, detail::resource_of(from));
    }
    template <class Object, frame_source Source, class... Rest>
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes, const Object& /*of*/,
                                                std::allocator_arg_t, const Source& from,
                                                const Rest&... /*others*/) {
        return detail::allocate_frame(bytes, detail::resource_of(from));
    }
    STRATA_FRAME_CALL static void operator delete(void* frame, std::size_t bytes) noexcept {
        detail::deallocate_frame(frame, bytes);
    }

protected:
    resource_promise() = default;
    ~resource_promise() = default;
};

/// The same for a promise type with `get_return_object_on_allocation_failure()`, whose result the
/// call of the coroutine has where the resource refuses. Nothing is thrown.
class nothrow_resource_promise {
public:
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes) noexcept {
        return detail::try_allocate_frame(bytes, scoped_frame_resource::current());
    }
    template <frame_source Source, class... Rest>
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes, std::allocator_arg_t,
                                                const Source& from,
                                                const Rest&... /*others*/) noexcept {
        return detail::try_allocate_frame(bytes, detail::resource_of(from));
    }
    template <class Object, frame_source Source, class... Rest>
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes, const Object& /*of*/,
                                                std::allocator_arg_t, const Source& from,
                                                const Rest&... /*others*/) noexcept {
        return detail::try_allocate_frame(bytes, detail::resource_of(from));
    }
    STRATA_FRAME_CALL static void operator delete(void* frame, std::size_t bytes) noexcept {
        detail::deallocate_frame(frame, bytes);
    }

protected:
    nothrow_resource_promise() = default;
    ~nothrow_resource_promise() = default;
};

}  // namespace strata

#undef STRATA_FRAME_CALL

#endif
