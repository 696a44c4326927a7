// expect: address of a const resource
// alone
#include <utility>

#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::stack memory{strata::stats{}, &below};
#else
    strata::stack memory{strata::stats{}, &std::as_const(below)};
#endif
}
