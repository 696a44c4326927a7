// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_PRINT_MISUSE_HPP
#define STRATA_CORE_DETAIL_PRINT_MISUSE_HPP

#include <string_view>

namespace strata::detail {

/// Writes "strata: misuse: " and the message, a line, to standard error. A few bytes of stack do
/// for it, where `std::fprintf` takes 8 KiB. Safe in a signal handler.
void print_misuse(std::string_view message) noexcept;

/// Writes just that text there.
void print_error(std::string_view text) noexcept;

}  // namespace strata::detail

#endif
