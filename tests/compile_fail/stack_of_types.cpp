// expect: no type of a description
// alone
#include <strata/strata.hpp>

int main()
{
#ifdef STRATA_CONTROL
    strata::stack<strata::stats> memory{strata::stats{}};
#else
    strata::stack<int> memory{42};
#endif
}
