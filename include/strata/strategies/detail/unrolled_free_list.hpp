// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_UNROLLED_FREE_LIST_HPP
#define STRATA_STRATEGIES_DETAIL_UNROLLED_FREE_LIST_HPP

#include <cstddef>
#include <cstdint>

#include <strata/strategies/detail/link.hpp>

namespace strata::detail {

/// The free blocks of a size class that has very many, last in first out. One block in eight is a
/// holder: its first 64 bytes have the link to the next holder and the addresses of seven other
/// blocks, which are never touched. So taking blocks again does not wait for a load of each, even
/// if they were freed in random order and have left the cache.
///
/// Blocks of fewer than 64 bytes hold as many addresses as they have room for.
/// Uninitialised until it is assigned.
struct unrolled_free_list {
    link* top;  // its first word is the next holder's address, with the number of words that follow

    [[nodiscard]] bool empty() const noexcept { return top == nullptr; }

    [[nodiscard]] void* pop() noexcept {
        link* block = top;
        link* const head = next_of(top);
        if (const std::size_t held = held_in(head); held != 0) {
            block = next_of(top + held);
            set_next(top, with_held(head, held - 1));
        } else {
            top = head;
            if (head != nullptr) {
                __builtin_prefetch(next_of(head));
            }
        }
        return block;
    }

    void push(void* block, std::size_t block_size) noexcept {
        auto* freed = static_cast<link*>(block);
        const std::size_t links = block_size / sizeof(link) - 1;
        const std::size_t room = links < most_held ? links : most_held;
        link* const head = top == nullptr ? nullptr : next_of(top);
        if (const std::size_t held = held_in(head); top != nullptr && held < room) {
            set_next(top + held + 1, freed);
            set_next(top, with_held(head, held + 1));
        } else {
            set_next(freed, top);
            top = freed;
        }
    }

    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t blocks = 0;
        for (const link* holder = top; holder != nullptr;) {
            const link* const head = next_of(holder);
            blocks += 1 + held_in(head);
            holder = with_held(head, 0);
        }
        return blocks;
    }

private:
    // The number is in the low bits of the next holder's address, which are 0 in the address
    // itself.
    static constexpr std::size_t most_held = alignof(link) - 1;

    static std::size_t held_in(const link* head) noexcept {
        return reinterpret_cast<std::uintptr_t>(head) & most_held;
    }
    static link* with_held(const link* head, std::size_t held) noexcept {
        return reinterpret_cast<link*>((reinterpret_cast<std::uintptr_t>(head) & ~most_held) |
                                       held);
    }
};

}  // namespace strata::detail

#endif
