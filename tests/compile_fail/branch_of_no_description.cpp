// expect: branch is given as a description
// alone
#include <strata/compose/branches.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::stack memory{strata::fallback{strata::heap{}}};
#else
    strata::stack memory{strata::fallback{42}};
#endif
}
