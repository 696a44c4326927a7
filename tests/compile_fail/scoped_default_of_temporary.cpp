// expect: deleted|no matching|cannot bind
// alone
#include <strata/strata.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::arena_resource memory;
    strata::scoped_default_resource use{memory};
#else
    strata::scoped_default_resource use{strata::arena_resource{}};
#endif
}
