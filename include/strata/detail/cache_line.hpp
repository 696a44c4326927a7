// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_CACHE_LINE_HPP
#define STRATA_DETAIL_CACHE_LINE_HPP

#include <cstddef>

namespace strata::detail {

/// The size of a cache line in bytes, of x86-64 and most ARM processors. Data that two threads
/// write should lie in two lines. Not `std::hardware_destructive_interference_size`: it differs
/// between compilers and their options, and the layout of public classes depends on this number.
inline constexpr std::size_t cache_line = 64;

}  // namespace strata::detail

#endif
