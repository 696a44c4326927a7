// expect: nodiscard
#include <strata/strata.hpp>

int main()
{
    strata::arena_resource memory;
#ifdef STRATA_CONTROL
    strata::scoped_default_resource use{memory};
#else
    strata::scoped_default_resource{memory}; // ends on this very line
#endif
}
