// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_MISUSE_HPP
#define STRATA_DIAGNOSTICS_MISUSE_HPP

#include <strata/detail/checks.hpp>
#include <strata/detail/requirements.hpp>

namespace strata {

/// Whether the library's own sources were compiled with checks. Only those checks find some kinds
/// of misuse: two threads inside at once, a free of a block that is not live, a write to a free
/// block. Without them, such misuse goes unnoticed in a program that is itself compiled with checks
/// (`checked`).
///
///     if (strata::checked && !strata::library_is_checked()) {
///         std::cerr << "link the checked build of Strata to find misuse\n";
///     }
///
/// Complexity: O(1). Threads: safe to call from any.
[[nodiscard]] bool library_is_checked() noexcept;

/// The library calls the handler with a text of one or more lines when it detects a misuse: a stale
/// mark, scopes that end out of order, blocks that are live at an end. Destructors may call it, so
/// it must not throw. If it returns, the library does what does the least harm. Most often that is
/// nothing: a block that is not live stays as it is. A block that is freed with a wrong size is
/// freed with the right one, if that is known. A hardened pool serves a free block that was written
/// to, but not the blocks linked behind it. The thread is not cancelled during the call.
using misuse_handler = void (*)(const char* message) noexcept;

/// Installs a handler and returns the previous one. Null means the default: it prints the message
/// to standard error, with the stack if AddressSanitizer or Valgrind can tell it, and aborts.
///
/// Threads: safe to call from any.
misuse_handler set_misuse_handler(misuse_handler handler) noexcept;

/// Reports a misuse to the installed handler.
void misuse(const char* message) noexcept;

/// With true, the library treats its errors as misuse from now on: instead of a throw, it gives
/// `what()` of the error to the handler and then aborts. Returns the previous setting, which is
/// false at first. It is for programs compiled with `-fno-exceptions`, which cannot catch:
///
///     strata::errors_are_misuse(true);
///     void* block = memory.try_allocate({4096, 16});  // null if there is no memory
///     std::pmr::vector<int> numbers(1000, &memory);   // no memory: the handler, then an abort
///
/// `try_allocate` still returns null, and a resource that handles the error of another, such as
/// `fallback`, still does. Exceptions of the standard library and of the program pass as before.
///
/// Threads: safe to call from any; it holds for all threads.
bool errors_are_misuse(bool are) noexcept;

}  // namespace strata

#endif
