// expect: Strata is for 64-bit programs
#ifndef STRATA_CONTROL
#include <strata/strata.hpp>
#endif
