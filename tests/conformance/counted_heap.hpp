// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_CONFORMANCE_COUNTED_HEAP_HPP
#define STRATA_TESTS_CONFORMANCE_COUNTED_HEAP_HPP

#include <cstddef>

#include <strata/diagnostics/poison.hpp>

// A sanitizer brings a heap of its own.
#if defined(__GLIBC__) && !defined(STRATA_ASAN) && !defined(__SANITIZE_THREAD__)
#define STRATA_HEAP_IS_COUNTED 1
#endif

/// A program that links counted_heap.cpp counts its calls of `operator new` and of malloc.
namespace conformance::heap_calls {

inline constinit bool counting = false;
inline constinit std::size_t news = 0;
inline constinit std::size_t mallocs = 0;

/// Counts, or does not, until the end of the C++ scope.
class counting_is {
public:
    explicit counting_is(bool now) : before_{counting} { counting = now; }
    counting_is(const counting_is&) = delete;
    counting_is& operator=(const counting_is&) = delete;
    ~counting_is() { counting = before_; }

private:
    bool before_;
};

}  // namespace conformance::heap_calls

#endif
