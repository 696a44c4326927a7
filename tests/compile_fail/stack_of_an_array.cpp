// expect: layer or branch is given as a description
// alone
#include <array>

#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}};
#else
    strata::stack memory{strata::stats{}, std::array{1, 2}};
#endif
}
