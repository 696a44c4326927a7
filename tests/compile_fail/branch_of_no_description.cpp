// expect: constraint|deduction|no viable
#include <strata/compose/branches.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::stack memory{strata::fallback{strata::heap{}}};
#else
    strata::stack memory{strata::fallback{42}};
#endif
}
