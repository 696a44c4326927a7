// expect: no layer that was made from this type
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, strata::pool{}};
    (void)memory.get<strata::pool>();
#else
    strata::stack memory{strata::stats{}, strata::pool{}};
    (void)memory.get<strata::pool_resource>();
#endif
}
