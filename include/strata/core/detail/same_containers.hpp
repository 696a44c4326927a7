// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_SAME_CONTAINERS_HPP
#define STRATA_CORE_DETAIL_SAME_CONTAINERS_HPP

#include <version>

// libstdc++ lays its containers out in one way or another, as these macros say. A program that has
// not the library's does not link: the linker names what it lacks.
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
