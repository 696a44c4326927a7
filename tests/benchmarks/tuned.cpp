// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// The line that `strata tune` says to paste, for `run.sh case`: the program habits with this file is
// habits_tuned.
#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>

STRATA_GLOBAL_RESOURCE(strata::stack{strata::concurrent_pool{}, strata::heap{}});
