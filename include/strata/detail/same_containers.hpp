// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_SAME_CONTAINERS_HPP
#define STRATA_DETAIL_SAME_CONTAINERS_HPP

#include <version>

// These macros of libstdc++ change the layout of its containers. A program that is compiled with
// other values of them than the library does not link: the linker names the macro that differs.
#ifdef __GLIBCXX__
namespace strata::detail {

#ifdef _GLIBCXX_DEBUG
#define STRATA_CONTAINERS strata_was_compiled_with_GLIBCXX_DEBUG
#else
#define STRATA_CONTAINERS strata_was_compiled_without_GLIBCXX_DEBUG
#endif
#if _GLIBCXX_USE_CXX11_ABI
#define STRATA_STRINGS strata_was_compiled_with_GLIBCXX_USE_CXX11_ABI
#else
#define STRATA_STRINGS strata_was_compiled_without_GLIBCXX_USE_CXX11_ABI
#endif

extern const char STRATA_CONTAINERS;
extern const char STRATA_STRINGS;

[[gnu::used]] static constexpr const char* same_as_the_library[] = {&STRATA_CONTAINERS,
                                                                    &STRATA_STRINGS};

}  // namespace strata::detail
#endif

#endif
