// expect: address of (rvalue|a temporary)
// alone
#include <strata/strata.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::pool_resource upstream;
    strata::stats_resource<> memory{strata::stats{}, &upstream};
#else
    strata::stats_resource<> memory{strata::stats{}, &strata::pool_resource{}};
#endif
}
