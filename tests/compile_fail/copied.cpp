// expect: deleted
#include <strata/strata.hpp>

void copy(TYPE& original)
{
#ifdef STRATA_CONTROL
    [[maybe_unused]] TYPE& other{original};
#else
    [[maybe_unused]] TYPE other{original};
#endif
}
