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

#ifdef STRATA_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace strata::detail {

// What a resource holds and nobody owns is poisoned, so that AddressSanitizer sees a use of it as
// it would see one of freed heap memory. Without the sanitizer both are empty.

inline void poison([[maybe_unused]] const void* begin,
                   [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    __asan_poison_memory_region(begin, bytes);
#endif
}

inline void unpoison([[maybe_unused]] const void* begin,
                     [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    __asan_unpoison_memory_region(begin, bytes);
#endif
}

}  // namespace strata::detail

#endif
