// expect: Strata needs exceptions
#ifndef STRATA_CONTROL
#include <strata/strata.hpp>
#endif
