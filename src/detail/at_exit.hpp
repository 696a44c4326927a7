// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_DETAIL_AT_EXIT_HPP
#define STRATA_SRC_DETAIL_AT_EXIT_HPP

namespace strata::detail {

/// Calls `function(argument)` at the exit of the process, or when a shared library is unloaded: the
/// one whose `__dso_handle` is at `library`. Null means no library. Unlike `std::atexit`, it passes
/// an argument.
void call_at_exit(void (*function)(void*), void* argument, void* library) noexcept;

}  // namespace strata::detail

#endif
