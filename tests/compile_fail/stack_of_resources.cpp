// expect: its description to make a layer
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, strata::pool{}};
#else
    strata::stack memory{strata::stats_resource{}, strata::pool{}};
#endif
}
