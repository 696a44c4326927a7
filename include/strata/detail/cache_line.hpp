// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_CACHE_LINE_HPP
#define STRATA_DETAIL_CACHE_LINE_HPP

#include <cstddef>

namespace strata::detail {

/// In bytes, as x86-64 and most of ARM have it: what two threads write should not lie in one of these.
/// `std::hardware_destructive_interference_size` differs between compilers and their options, and the
/// layout of public classes hangs on this.
inline constexpr std::size_t cache_line = 64;

}  // namespace strata::detail

#endif
