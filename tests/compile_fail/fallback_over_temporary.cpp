// expect: address of (rvalue|a temporary)
// alone
#include <strata/adaptors/fallback_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

int main()
{
    strata::pool_resource first;
#ifdef STRATA_CONTROL
    strata::pool_resource second;
    strata::fallback_resource memory{&first, &second};
#else
    strata::fallback_resource memory{&first, &strata::pool_resource{}};
#endif
}
