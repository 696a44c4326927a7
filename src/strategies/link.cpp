// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/detail/link.hpp>

#include <array>
#include <functional>
#include <utility>

namespace strata::detail {
namespace {

link* merge(link* a, link* b) noexcept {
    link before{};
    link* last = &before;
    while (a != nullptr && b != nullptr) {
        link*& lower = std::less<>{}(a, b) ? a : b;
        set_next(last, lower);
        last = lower;
        lower = next_of(lower);
    }
    set_next(last, a != nullptr ? a : b);
    return before.next;
}

}  // namespace

link* sort_by_address(link* first) noexcept {
    // sorted[i] is empty or a sorted list of 2^i links, as the digits of a binary counter.
    std::array<link*, 64> sorted{};
    while (first != nullptr) {
        link* carry = std::exchange(first, next_of(first));
        set_next(carry, nullptr);
        std::size_t digit = 0;
        while (sorted[digit] != nullptr) {
            carry = merge(std::exchange(sorted[digit++], nullptr), carry);
        }
        sorted[digit] = carry;
    }
    link* all = nullptr;
    for (link* list : sorted) {
        all = merge(list, all);
    }
    return all;
}

}  // namespace strata::detail
