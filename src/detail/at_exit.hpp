// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_DETAIL_AT_EXIT_HPP
#define STRATA_SRC_DETAIL_AT_EXIT_HPP

namespace strata::detail {

/// Calls `function(argument)` at the exit of the process, or when the shared library is unloaded
/// that has the object at `library`, its `__dso_handle`. Null stands for no library. Unlike
/// `std::atexit`, passes an argument.
void call_at_exit(void (*function)(void*), void* argument, void* library) noexcept;

}  // namespace strata::detail

#endif
