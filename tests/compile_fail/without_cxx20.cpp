// expect: Strata needs C\+\+20
#ifndef STRATA_CONTROL
#include <strata/strata.hpp>
#endif
