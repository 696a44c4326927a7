// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_REQUIREMENTS_HPP
#define STRATA_DETAIL_REQUIREMENTS_HPP

// The compiler settings that the library needs. An `#error` names a missing one.

#if __cplusplus < 202002L
#error "Strata needs C++20: compile with -std=c++20 or later"
#endif

#if __SIZEOF_POINTER__ != 8 || __SIZEOF_SIZE_T__ != 8
#error "Strata is for 64-bit programs: compile without -m32 and -mx32"
#endif

#endif
