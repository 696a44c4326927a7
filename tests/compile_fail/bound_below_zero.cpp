// expect: narrowing|cannot be narrowed
#include <strata/adaptors/thresholds.hpp>

#ifdef STRATA_CONTROL
[[maybe_unused]] constexpr strata::up_to sizes{1, 64};
#else
[[maybe_unused]] constexpr strata::up_to sizes{-1, 64};
#endif
