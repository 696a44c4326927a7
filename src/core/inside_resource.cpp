// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/detail/inside_resource.hpp>

#include <cstdlib>
#include <new>
#include <utility>

#include <strata/core/detail/shield.hpp>

namespace strata::detail {

constinit thread_local inside_state inside_of_thread{};

void inside_resource::defer(give_back_function give_back, void* block, std::size_t size,
                            std::size_t alignment) noexcept {
    const shield here;
    void* const place = std::malloc(sizeof(deferred_block));
    if (place == nullptr) {
        // Better twice inside than lost.
        const bool was_inside = std::exchange(inside_of_thread.is_inside, false);
        give_back(block, size, alignment);
        inside_of_thread.is_inside = was_inside;
        return;
    }
    inside_of_thread.deferred =
        ::new (place) deferred_block{inside_of_thread.deferred, give_back, block, size, alignment};
}

void inside_resource::give_back_deferred() noexcept {
    // Each call below is inside a resource again, may defer more, and ends here: however many there
    // are, the outermost call gives them back.
    if (std::exchange(inside_of_thread.is_giving_back, true)) {
        return;
    }
    while (deferred_block* const first = inside_of_thread.deferred) {
        const deferred_block each = *first;
        inside_of_thread.deferred = each.next;
        std::free(first);
        each.give_back(each.block, each.size, each.alignment);
    }
    inside_of_thread.is_giving_back = false;
}

}  // namespace strata::detail
