// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/threads/detail/inside_resource.hpp>

#include <cstdlib>
#include <new>
#include <utility>

#include <strata/threads/detail/thread_record.hpp>

#include "detail/shield.hpp"

namespace strata::detail {

void inside_resource::defer(give_back_function give_back, void* block, std::size_t size,
                            std::size_t alignment) noexcept {
    const shield here;
    thread_state& mine = state_of_this_thread();
    void* const place =
        has_or_takes_record() ? std::malloc(sizeof(deferred_block)) : nullptr;
    if (place == nullptr) {
        // No memory to defer the free: a nested call of the resource is better than a leak.
        const new_route before = std::exchange(mine.route, new_route::usual);
        give_back(block, size, alignment);
        mine.route = before;
        return;
    }
    deferred_block*& first = mine.record->deferred;
    first = ::new (place) deferred_block{first, give_back, block, size, alignment};
    mine.has_deferred = true;
}

void inside_resource::give_back_deferred() noexcept {
    thread_state& mine = state_of_this_thread();
    // Each call below is inside a resource again: it may defer more blocks, and then calls this
    // function. That call returns at once; the loop of the outermost one frees all blocks.
    if (std::exchange(mine.is_giving_back, true)) {
        return;
    }
    while (deferred_block* const first = mine.record->deferred) {
        const deferred_block each = *first;
        mine.record->deferred = each.next;
        mine.has_deferred = each.next != nullptr;
        std::free(first);
        each.give_back(each.block, each.size, each.alignment);
    }
    mine.is_giving_back = false;
}

}  // namespace strata::detail
