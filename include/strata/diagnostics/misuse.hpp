// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_MISUSE_HPP
#define STRATA_DIAGNOSTICS_MISUSE_HPP

#include <strata/detail/checks.hpp>
#include <strata/detail/requirements.hpp>

namespace strata {

/// Whether the library's own sources were compiled with checks. Some misuse is seen by those checks
/// alone: two threads inside at once, a free of a block that is not live, a write to a free block.
/// Without them, such misuse goes unnoticed in a program that is itself compiled with checks
/// (`checked`).
///
///     if (strata::checked && !strata::library_is_checked()) {
///         std::cerr << "link the checked build of Strata to find misuse\n";
///     }
///
/// Complexity: O(1). Threads: safe to call from any.
[[nodiscard]] bool library_is_checked() noexcept;

/// The library calls it with a text, of one line or more, when it detects a misuse: a stale mark,
/// scopes that end out of order, blocks left where none may be. Destructors may call it, so it must
/// not throw. If it returns, the misused operation does nothing, or what does the least harm. For
/// example, a block that is freed with a wrong size is freed with the right one, if that is known.
/// A hardened pool serves a free block that was written to, but not the blocks linked behind it.
/// The thread is not cancelled meanwhile.
using misuse_handler = void (*)(const char* message) noexcept;

/// Installs a handler and returns the previous one. Null means the default: it prints the message
/// to standard error, with the stack if AddressSanitizer or Valgrind can tell it, and aborts.
///
/// Threads: safe to call from any.
misuse_handler set_misuse_handler(misuse_handler handler) noexcept;

/// Reports a misuse to the installed handler.
void misuse(const char* message) noexcept;

/// Whether the library treats its errors as misuse from now on: it gives `what()` of the error to
/// the handler and then aborts, where it would have thrown. Returns what was set before; at first
/// false. It is for programs compiled with `-fno-exceptions`, which cannot catch:
///
///     strata::errors_are_misuse(true);
///     void* block = memory.try_allocate({4096, 16});  // null where there is no memory
///     std::pmr::vector<int> numbers(1000, &memory);   // no memory: the handler, then an abort
///
/// `try_allocate` still returns null, and a resource that copes with an error of another, such as
/// `fallback`, still does. Exceptions of the standard library and of the program pass as before.
///
/// Threads: safe to call from any; it holds for all threads.
bool errors_are_misuse(bool are) noexcept;

}  // namespace strata

#endif
