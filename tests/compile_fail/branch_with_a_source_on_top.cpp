// expect: a source, or the address of a resource, can only be the last of a branch
// alone
#include <strata/compose/branches.hpp>
#include <strata/strategies/pool_resource.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::stack memory{strata::fallback{strata::branch{strata::pool{}, strata::heap{}}}};
#else
    strata::stack memory{strata::fallback{strata::branch{strata::heap{}, strata::pool{}}}};
#endif
}
