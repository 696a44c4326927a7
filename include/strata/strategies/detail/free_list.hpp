// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_FREE_LIST_HPP
#define STRATA_STRATEGIES_DETAIL_FREE_LIST_HPP

#include <cstddef>
#include <cstdint>

#include <strata/strategies/detail/link.hpp>

namespace strata::detail {

/// The free blocks of one size class, last in first out, linked through their first bytes.
/// Uninitialised until it is assigned.
///
/// A list may be *diverted*: it is then empty and takes no block, because its owner keeps free
/// blocks elsewhere. That costs `pop` nothing and `push` a comparison.
struct free_list {
    link* first;

    static free_list diverted() noexcept { return {reinterpret_cast<link*>(diverted_)}; }

    [[nodiscard]] bool empty() const noexcept {
        return reinterpret_cast<std::uintptr_t>(first) <= diverted_;
    }
    [[nodiscard]] bool is_diverted() const noexcept {
        return reinterpret_cast<std::uintptr_t>(first) == diverted_;
    }

    [[nodiscard]] void* pop() noexcept {
        link* block = first;
        first = next_of(block);
        __builtin_prefetch(first, 1);  // the next call takes it; it may have left the cache
        return block;
    }

    void push(void* block) noexcept {
        auto* freed = static_cast<link*>(block);
        set_next(freed, first);
        first = freed;
    }

private:
    static constexpr std::uintptr_t diverted_ = 1;  // no block's address
};

}  // namespace strata::detail

#endif
