// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_MISUSE_HPP
#define STRATA_CORE_MISUSE_HPP

#include <strata/core/detail/requirements.hpp>

/// 1 where code is compiled with checks of how it uses the library, 0 where they cost nothing:
/// as for `assert`, unless the build says otherwise. No type changes its layout with it. What is in
/// the library's own sources follows the library's build: one in release mode has no checks there.
#ifndef STRATA_CHECKED
#ifdef NDEBUG
#define STRATA_CHECKED 0
#else
#define STRATA_CHECKED 1
#endif
#endif

namespace strata {

/// Whether this code is compiled with checks.
constexpr bool checked = STRATA_CHECKED != 0;

/// Whether the library's own sources were compiled with checks. Where they were not, a program that
/// was (`checked`) is told of no misuse that only they see: two threads inside at once, a free of
/// what is not live, a free block that was written to.
///
///     if (strata::checked && !strata::library_is_checked()) {
///         std::cerr << "link the checked build of Strata to find misuse\n";
///     }
///
/// Complexity: O(1). Threads: safe to call from any.
[[nodiscard]] bool library_is_checked() noexcept;

/// Called with a text, of one line or more, when a misuse of the library is detected: a stale mark,
/// scopes that end out of order, blocks left where none may be. It may be called from destructors,
/// so it must not throw; where it returns, the operation that was misused does nothing. The thread
/// is not cancelled meanwhile.
using misuse_handler = void (*)(const char* message) noexcept;

/// Installs the handler and returns the one before it. Null means the default: print the message
/// to standard error, with the stack if AddressSanitizer or Valgrind can tell it, then `std::abort`.
///
/// Threads: safe to call from any.
misuse_handler set_misuse_handler(misuse_handler handler) noexcept;

/// Reports a misuse to the installed handler.
void misuse(const char* message) noexcept;

}  // namespace strata

#endif
