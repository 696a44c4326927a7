// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_POISON_HPP
#define STRATA_CORE_POISON_HPP

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define STRATA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRATA_ASAN 1
#endif
#endif

// Marks a function that reads or writes the bookkeeping a resource keeps in memory it has poisoned.
#if defined(STRATA_ASAN) && defined(__clang__)
#define STRATA_TOUCHES_POISON __attribute__((no_sanitize("address"), noinline))
#elif defined(STRATA_ASAN)
// g++ would otherwise move the access out of the function, to where it is checked.
#define STRATA_TOUCHES_POISON __attribute__((no_sanitize("address"), noipa))
#else
#define STRATA_TOUCHES_POISON
#endif

namespace strata::detail {

// What a resource holds and nobody owns is poisoned, so that AddressSanitizer sees a use of it as
// it would see one of freed heap memory. Whether that is done, the build of the library decides,
// not that of each file that includes this: what one side poisons, the other must unpoison.

void poison_if_sanitized(const void* begin, std::size_t bytes) noexcept;
void unpoison_if_sanitized(const void* begin, std::size_t bytes) noexcept;

inline void poison([[maybe_unused]] const void* begin,
                   [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    poison_if_sanitized(begin, bytes);
#endif
}

inline void unpoison([[maybe_unused]] const void* begin,
                     [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    unpoison_if_sanitized(begin, bytes);
#endif
}

}  // namespace strata::detail

#endif
