// expect: can only be the last
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, &pool};
#else
    strata::stack memory{&pool, strata::stats{}};
#endif
}
