// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_RELAXED_WORD_HPP
#define STRATA_DETAIL_RELAXED_WORD_HPP

#include <cstdint>

namespace strata::detail {

/// A `std::atomic<std::uintptr_t>` with relaxed loads and stores. A compiler takes longer for
/// <atomic> than for the header of the arena.
class relaxed_word {
public:
    constexpr explicit relaxed_word(std::uintptr_t value = 0) noexcept : value_{value} {}
    relaxed_word(const relaxed_word&) = delete;
    relaxed_word& operator=(const relaxed_word&) = delete;

    [[nodiscard]] std::uintptr_t load() const noexcept {
        return __atomic_load_n(&value_, __ATOMIC_RELAXED);
    }
    void store(std::uintptr_t value) noexcept {
        __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
    }

private:
    std::uintptr_t value_;
};

}  // namespace strata::detail

#endif
