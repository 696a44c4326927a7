// expect: temporary bound to local reference .layer. will be destroyed
#include <strata/strata.hpp>

void dangling()
{
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, strata::pool{}};
    auto& layer = memory.get<strata::stats>();
#else
    auto& layer = strata::stack{strata::stats{}, strata::pool{}}.get<strata::stats>();
#endif
    (void)layer;
}
