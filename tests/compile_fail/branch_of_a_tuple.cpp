// expect: layer or branch is given as a description
// alone
#include <tuple>

#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::fallback{strata::branch{strata::pool{}}}};
#else
    strata::stack memory{strata::fallback{strata::branch{std::tuple{1}}}};
#endif
}
