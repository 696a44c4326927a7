// expect: write strata::arena and not arena_resource
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::stack<strata::stats, strata::arena_resource*> memory{strata::stats{}, &below};
#else
    strata::stack<strata::stats, strata::arena_resource> memory{strata::stats{}, below};
#endif
}
