// expect: first_chnk
// alone
#include <strata/strata.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::stack memory{strata::pool{}, strata::arena{.first_chunk = 4096}};
#else
    strata::stack memory{strata::pool{}, strata::arena{.first_chnk = 4096}};
#endif
}
