// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "at_exit.hpp"

// From the Itanium C++ ABI, 3.3.6.3. The header <cxxabi.h> of libc++ does not declare it.
extern "C" int __cxa_atexit(void (*function)(void*), void* argument, void* library);

namespace strata::detail {

void call_at_exit(void (*function)(void*), void* argument, void* library) noexcept {
    (void)__cxa_atexit(function, argument, library);
}

}  // namespace strata::detail
