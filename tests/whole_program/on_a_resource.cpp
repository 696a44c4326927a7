// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Puts a program on the resource that the compiler is told with -DRESOURCE.
#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>

STRATA_GLOBAL_RESOURCE(RESOURCE);
