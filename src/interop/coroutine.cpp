// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/coroutine.hpp>

#include <cstring>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata {
namespace {

// g++ 12 and clang 14 ask for no more, whatever the locals of a coroutine need.
constexpr std::size_t frame_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

// The pointer to the resource follows the frame, so the frame keeps its alignment. Sizes are
// multiples of the alignment, so frames in an arena have no gaps, and it can reuse the place of
// each in reverse order.
struct framed {
    explicit framed(std::size_t bytes)
        : at{detail::round_up(bytes, alignof(std::pmr::memory_resource*))},
          whole{detail::round_up(at + sizeof(std::pmr::memory_resource*), frame_alignment)} {}

    void* marked(void* frame, std::pmr::memory_resource& from) const {
        std::pmr::memory_resource* const its = &from;
        std::memcpy(static_cast<std::byte*>(frame) + at, &its, sizeof its);
        return frame;
    }
    [[nodiscard]] std::pmr::memory_resource* resource_of(void* frame) const {
        std::pmr::memory_resource* its = nullptr;
        std::memcpy(&its, static_cast<std::byte*>(frame) + at, sizeof its);
        return its;
    }

    std::size_t at;
    std::size_t whole;
};

}  // namespace

namespace detail {

void* allocate_frame(std::size_t bytes, std::pmr::memory_resource& from) {
    const framed size{bytes};
    return size.marked(allocate_from(from, size.whole, frame_alignment), from);
}

void* try_allocate_frame(std::size_t bytes, std::pmr::memory_resource& from) noexcept {
    const framed size{bytes};
    void* const frame = try_allocate(from, {size.whole, frame_alignment});
    return frame == nullptr ? nullptr : size.marked(frame, from);
}

void deallocate_frame(void* frame, std::size_t bytes) noexcept {
    const framed size{bytes};
    size.resource_of(frame)->deallocate(frame, size.whole, frame_alignment);
}

}  // namespace detail

// Threads without a record of their own would share the scope.
scoped_frame_resource::scoped_frame_resource(std::pmr::memory_resource& use) {
    if (!detail::has_or_takes_record()) {
        detail::raise_no_memory();
    }
    outer_ = detail::exchange_word(detail::thread_word::frame_resource, &use);
}

scoped_frame_resource::~scoped_frame_resource() {
    if (detail::has_or_takes_record()) {
        detail::exchange_word(detail::thread_word::frame_resource, outer_);
    }
}

std::pmr::memory_resource& scoped_frame_resource::current() noexcept {
    const auto word = detail::word_of_this_thread(detail::thread_word::frame_resource).load();
    return word != 0 ? *reinterpret_cast<std::pmr::memory_resource*>(word)
                     : *std::pmr::get_default_resource();
}

}  // namespace strata
