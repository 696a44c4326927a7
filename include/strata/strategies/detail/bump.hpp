// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_BUMP_HPP
#define STRATA_STRATEGIES_DETAIL_BUMP_HPP

#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// A position in memory, which moves up with each block.
///
/// Kept as the address of the byte before it. A block begins at the next multiple of its alignment
/// above that byte, which takes one operation less to find than the first multiple from the
/// position on.
class bump_position {
public:
    bump_position(std::byte* at) noexcept  // NOLINT(google-explicit-constructor)
        : before_{reinterpret_cast<std::uintptr_t>(at) - 1} {}
    operator std::byte*() const noexcept {  // NOLINT(google-explicit-constructor)
        return reinterpret_cast<std::byte*>(before_ + 1);
    }

    /// Takes a block from between the position and `end`, if it fits. No size or alignment can
    /// wrap: the sum is checked. (A size of 0 overflows it, and so does not fit.) The end is a
    /// reference, so that compilers read it where they compare it.
    [[nodiscard]] bool take(std::byte* const& end, std::size_t bytes, std::size_t alignment,
                            void*& block) noexcept {
        const std::uintptr_t at = (before_ + alignment) & (std::uintptr_t{0} - alignment);
        std::uintptr_t last = 0;
        if (__builtin_add_overflow(at, bytes - 1, &last) ||
            last >= reinterpret_cast<std::uintptr_t>(end)) [[unlikely]] {
            return false;
        }
        before_ = last;
        block = reinterpret_cast<void*>(at);
        return true;
    }

private:
    std::uintptr_t before_;
};

}  // namespace strata::detail

#endif
