// expect: not so many layers
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, strata::pool{}};
    (void)memory.get<1>();
#else
    strata::stack memory{strata::stats{}, strata::pool{}};
    (void)memory.get<2>();
#endif
}
