// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_LINK_HPP
#define STRATA_STRATEGIES_DETAIL_LINK_HPP

#include <strata/diagnostics/poison.hpp>

namespace strata::detail {

/// The start of an element of a singly linked list that is inside the memory it manages. The links
/// of free blocks lie in poisoned memory, so only `next_of` and `set_next` access them.
struct link {
    link* next;
};

[[nodiscard]] STRATA_TOUCHES_POISON inline link* next_of(const link* from) noexcept {
    return from->next;
}

STRATA_TOUCHES_POISON inline void set_next(link* from, link* next) noexcept {
    from->next = next;
}

/// Sorts a list by address, in place, in O(n log n); returns the new first link.
[[nodiscard]] link* sort_by_address(link* first) noexcept;

}  // namespace strata::detail

#endif
