// expect: layer or branch is given as a description
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::shared_resource memory{strata::stats{}};
#else
    strata::shared_resource memory{strata::stats{}, 42};
#endif
}
