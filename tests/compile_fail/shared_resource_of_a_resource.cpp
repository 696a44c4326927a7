// expect: write its address
// alone
#include <strata/strata.hpp>

int main()
{
    [[maybe_unused]] strata::arena_resource below;
#ifdef STRATA_CONTROL
    strata::shared_resource memory{&below};
#else
    strata::shared_resource memory{below};
#endif
}
