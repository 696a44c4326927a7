// expect: layer or branch is given as a description
// alone
#include <utility>

#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::pool{}, strata::arena{}};
#else
    strata::stack memory{std::pair{strata::pool{}, strata::arena{}}};
#endif
}
