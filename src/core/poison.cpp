// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/poison.hpp>

#ifdef STRATA_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace strata::detail {

void poison_if_sanitized([[maybe_unused]] const void* begin,
                         [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    __asan_poison_memory_region(begin, bytes);
#endif
}

void unpoison_if_sanitized([[maybe_unused]] const void* begin,
                           [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    __asan_unpoison_memory_region(begin, bytes);
#endif
}

}  // namespace strata::detail
