// expect: write its address
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::pool_resource pool;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::fallback{strata::branch{strata::limit{}, &pool}}};
#else
    strata::stack memory{strata::fallback{strata::branch{strata::limit{}, pool}}};
#endif
}
