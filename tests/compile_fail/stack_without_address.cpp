// expect: write its address
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, &pool};
#else
    strata::stack memory{strata::stats{}, pool};
#endif
}
