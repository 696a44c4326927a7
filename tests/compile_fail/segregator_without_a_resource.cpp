// expect: one resource more than it has bounds
#include <strata/adaptors/segregator_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

int main()
{
    strata::pool_resource small;
    strata::pool_resource large;
#ifdef STRATA_CONTROL
    strata::segregator_resource memory{strata::up_to{64}, &small, &large};
#else
    strata::segregator_resource memory{strata::up_to{64, 4096}, &small, &large};
#endif
}
