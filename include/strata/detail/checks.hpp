// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_CHECKS_HPP
#define STRATA_DETAIL_CHECKS_HPP

/// 1 if this code is compiled with checks of how it uses the library, else 0. It follows `NDEBUG`,
/// as `assert` does, unless the build defines it. The library's headers do not depend on it, so one
/// program may link units with checks and units without. Checks in the library's own sources depend
/// on how the library was built: a release build has none.
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

}  // namespace strata

#endif
