// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_ASAN_HPP
#define STRATA_TESTS_SUPPORT_ASAN_HPP

#include <strata/diagnostics/poison.hpp>

#ifdef STRATA_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace tests {

#ifdef STRATA_ASAN
inline constexpr bool asan = true;

/// Whether AddressSanitizer would take exception to an access.
[[nodiscard]] inline bool is_poisoned(const void* address) {
    return __asan_address_is_poisoned(address) != 0;
}

/// To call before a thread may be cancelled: AddressSanitizer does not notice that the thread
/// leaves its frames, and would report later calls in that part of the stack as overflows.
inline void forget_frames() {
    __asan_handle_no_return();
}
#else
inline constexpr bool asan = false;

[[nodiscard]] inline bool is_poisoned(const void* /*address*/) {
    return false;
}
inline void forget_frames() {}
#endif

/// Whether ThreadSanitizer is on.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool tsan = true;
#elif defined(__has_feature)
inline constexpr bool tsan = __has_feature(thread_sanitizer);
#else
inline constexpr bool tsan = false;
#endif

/// Whether the child of a fork can use the heap, where other threads were busy in it: neither
/// AddressSanitizer nor ThreadSanitizer (of g++ 12) takes the locks of its heap around a fork.
inline constexpr bool heap_survives_forks = !asan && !tsan;

}  // namespace tests

/// Where too much is asked of the heap, a sanitizer refuses as malloc does, in place of ending the
/// program. Without a signal stack of its own, which AddressSanitizer removes on frames that a
/// cancelled thread has left.
extern "C" [[gnu::used]] inline const char* __asan_default_options() {
    return "allocator_may_return_null=1:use_sigaltstack=0";
}
extern "C" [[gnu::used]] inline const char* __tsan_default_options() {
    return "allocator_may_return_null=1";
}

#endif
