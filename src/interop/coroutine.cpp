// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/interop/coroutine.hpp>

#include <strata/core/resource.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {

void* detail::try_allocate_frame(std::size_t bytes, std::pmr::memory_resource& from) noexcept {
    const framed size{bytes};
    void* const frame = try_allocate(from, {size.whole, framed::alignment});
    return frame == nullptr ? nullptr : size.marked(frame, from);
}

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

}  // namespace strata
