// expect: a source, or the address of a resource, can only be the last of a stack
// alone
#include <strata/compose/branches.hpp>
#include <strata/strategies/pool_resource.hpp>

int main()
{
    const strata::fallback branches{strata::pool{}, strata::heap{}};
#ifdef STRATA_CONTROL
    strata::stack memory{strata::pool{}, branches};
#else
    strata::stack memory{branches, strata::pool{}};
#endif
}
