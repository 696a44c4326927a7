// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_COROUTINE_HPP
#define STRATA_INTEROP_COROUTINE_HPP

#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <memory_resource>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/threads/detail/thread_record.hpp>

// Inlined without optimisation, too: g++ 12 warns there (-Wmismatched-new-delete), since `operator
// new` is a template and `operator delete` is not.
#define STRATA_FRAME_CALL [[gnu::always_inline]]

namespace strata {

/// What a coroutine may be given after `std::allocator_arg`: a pointer to a resource, or a
/// `std::pmr::polymorphic_allocator`.
template <class Type>
concept frame_source = std::convertible_to<const Type&, std::pmr::polymorphic_allocator<>>;

namespace detail {

// The pointer to the resource follows the frame, so the frame keeps its alignment. Sizes are
// multiples of the alignment, so frames in an arena have no gaps, and it can reuse the place of
// each in reverse order.
struct framed {
    // g++ 12 and clang 14 ask for no more, whatever the locals of a coroutine need.
    static constexpr std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

    constexpr explicit framed(std::size_t bytes) noexcept
        : at{round_up(bytes, alignof(std::pmr::memory_resource*))},
          whole{round_up(at + sizeof(std::pmr::memory_resource*), alignment)} {}

    void* marked(void* frame, std::pmr::memory_resource& from) const noexcept {
        std::pmr::memory_resource* const its = &from;
        std::memcpy(static_cast<std::byte*>(frame) + at, &its, sizeof its);
        return frame;
    }
    [[nodiscard]] std::pmr::memory_resource* resource_of(void* frame) const noexcept {
        std::pmr::memory_resource* its = nullptr;
        std::memcpy(&its, static_cast<std::byte*>(frame) + at, sizeof its);
        return its;
    }

    std::size_t at;
    std::size_t whole;
};

// Inline: compilers know the size of a frame, and the only call is that of the resource.
STRATA_FRAME_CALL inline void* allocate_frame(std::size_t bytes, std::pmr::memory_resource& from) {
    const framed size{bytes};
    return size.marked(allocate_from(from, size.whole, framed::alignment), from);
}
STRATA_FRAME_CALL inline void deallocate_frame(void* frame, std::size_t bytes) noexcept {
    const framed size{bytes};
    size.resource_of(frame)->deallocate(frame, size.whole, framed::alignment);
}
/// Null where `allocate_frame` throws.
[[nodiscard]] void* try_allocate_frame(std::size_t bytes, std::pmr::memory_resource& from) noexcept;

// `operator new` takes whatever comes after `std::allocator_arg`: compilers would pass over what it
// does not take.
template <class Source>
[[nodiscard]] std::pmr::memory_resource& resource_of(const Source& from) noexcept {
    static_assert(frame_source<Source>,
                  "strata: after std::allocator_arg, a coroutine takes a pointer to a memory "
                  "resource, or a polymorphic_allocator");
    return *std::pmr::polymorphic_allocator<>(from).resource();
}

}  // namespace detail

/// Until the end of a C++ scope, the coroutines that this thread begins have their frames in a
/// resource: those with a `resource_promise` that are not given a resource.
///
///     strata::scoped_frame_resource use{frames};
///     run(load(42));                               // its frame is in `frames`
///
/// Routing: the innermost scope of the thread decides. A coroutine that is resumed inside a scope
/// begins others on the resource of that scope, not on its own.
/// Lifetime: the resource must outlive the scope and the frames.
/// Overhead: 8 bytes for the object. Complexity: O(1).
/// Errors: `std::bad_alloc` if there is no memory for what the library keeps of a thread, or if the
/// thread is ending.
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
    [[nodiscard]] static std::pmr::memory_resource& current() noexcept {
        // No scope writes the words of `no_thread_record` and `process.ended`, which a thread
        // reads before it has a record and after that has ended.
        const auto word = detail::word_of_record(*detail::record_of_this_thread(),
                                                 detail::thread_word::frame_resource)
                              .load(std::memory_order_relaxed);
        return word != 0 ? *reinterpret_cast<std::pmr::memory_resource*>(word)
                         : *std::pmr::get_default_resource();
    }

private:
    std::pmr::memory_resource* outer_;
};

/// The base of a promise type whose coroutines have their frames in a resource.
///
///     struct promise_type : strata::resource_promise { ... };
///
///     task<int> load(std::allocator_arg_t, std::pmr::memory_resource*, int key);
///
///     strata::arena_resource frames{strata::arena{.first_chunk = 64_KiB, .reuse_last = true}};
///     load(std::allocator_arg, &frames, 42);
///
/// That arena is a stack of frames: it reuses the place of each frame if they end in reverse order
/// and all that live at a time fit into one chunk.
///
/// Routing: the frame comes from the resource after `std::allocator_arg`, if these two are the
/// first arguments, as with `std::generator`; the object of a member function or of a lambda may
/// come before them. Otherwise it comes from the resource of the innermost `scoped_frame_resource`
/// of the thread, and without one from `std::pmr::get_default_resource()`. The compiler may omit
/// the allocation where it sees the end of the coroutine.
/// Lifetime: the resource must outlive the coroutine's frame.
/// Overhead: 8 bytes a frame for a pointer to the resource, and up to 8 of padding: sizes are
/// multiples of 16.
/// Complexity: that of the resource, which is asked for the alignment of `operator new`.
/// Errors: what the resource throws comes out of the call of the coroutine, before its body runs. A
/// parameter or local variable with an alignment above that of `operator new` is misaligned, as it
/// is on the heap (g++ 12, clang 14): compilers do not ask for more.
/// Threads: the frame is freed by the thread that destroys the coroutine or runs it to its end. If
/// that can be another one, the resource must be for several threads.
class resource_promise {
public:
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes) {
        return detail::allocate_frame(bytes, scoped_frame_resource::current());
    }
    template <class Source, class... Rest>
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes, std::allocator_arg_t,
                                                const Source& from, const Rest&... /*others*/) {
        return detail::allocate_frame(bytes, detail::resource_of(from));
    }
    template <class Object, class Source, class... Rest>
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

// A class of its own: clang 14 breaks off at a `noexcept` that a template parameter decides.

/// As `resource_promise`, for a promise type that has `get_return_object_on_allocation_failure()`:
/// it must have that. If the resource refuses the frame, the call of the coroutine returns the
/// result of that function. The refusal is not thrown.
class nothrow_resource_promise {
public:
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes) noexcept {
        return detail::try_allocate_frame(bytes, scoped_frame_resource::current());
    }
    template <class Source, class... Rest>
    STRATA_FRAME_CALL static void* operator new(std::size_t bytes, std::allocator_arg_t,
                                                const Source& from,
                                                const Rest&... /*others*/) noexcept {
        return detail::try_allocate_frame(bytes, detail::resource_of(from));
    }
    template <class Object, class Source, class... Rest>
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
