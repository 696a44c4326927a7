// expect: (stack memory associated with local variable|Wdangling)
// For clang alone, which knows from STRATA_LIFETIME_BOUND what refers to what. RETURNS is an
// expression of a local pool, `below`.
#include <strata/containers/unique_ptr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/failing_resource.hpp>

auto dangling()
{
#ifdef STRATA_CONTROL
    static
#endif
    strata::pool_resource below;
    return RETURNS;
}
