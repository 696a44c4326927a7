// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_ENTRIES_HPP
#define STRATA_ADAPTORS_DETAIL_ENTRIES_HPP

#include <cstddef>

namespace strata::detail {

/// The alignment that most requests have. Tallies count only the others, and derive this one.
inline constexpr std::size_t usual_alignment = alignof(void*);

/// As `allocation_stats::size_entry`, in two instructions: the highest bit of 2 * bytes - 1, which
/// is never 0. A size of 0 is counted in the last entry, since no block is so large.
[[nodiscard]] inline std::size_t quick_size_entry(std::size_t bytes) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
    // Compilers extend the sign of their own function's result, which is an `int`.
    std::size_t highest;
    asm("bsrq %1, %0" : "=r"(highest) : "r"(2 * bytes - 1) : "cc");
    return highest;
#else
    return static_cast<std::size_t>(__builtin_clzll(2 * bytes - 1) ^ 63);
#endif
}

}  // namespace strata::detail

#endif
