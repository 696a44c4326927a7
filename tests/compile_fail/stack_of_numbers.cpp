// expect: layer or branch is given as a description
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::pool{}};
#else
    strata::stack memory{strata::stats{}, 42};
#endif
}
