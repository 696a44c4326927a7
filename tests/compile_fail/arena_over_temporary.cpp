// expect: address of (rvalue|a temporary)
// alone
#include <strata/strata.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::pool_resource upstream;
    strata::arena_resource memory{strata::arena{}, &upstream};
#else
    strata::arena_resource memory{strata::arena{}, &strata::pool_resource{}};
#endif
}
