// expect: a source, or the address of a resource, can only be the last of a stack
// alone
#include <strata/strata.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::stack memory{strata::pool{}, strata::heap{}};
#else
    strata::stack memory{strata::heap{}, strata::pool{}};
#endif
}
