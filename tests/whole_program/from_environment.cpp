// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Puts a program on the strategy that STRATA_MEMORY names, and reports at its end where
// STRATA_REPORT is set.
#include <cstdlib>

#include <strata/compose/strategy.hpp>
#include <strata/interop/global_new.hpp>

STRATA_GLOBAL_RESOURCE(
    strata::strategy::from_env("STRATA_MEMORY", "concurrent_pool > heap").build());

static const bool is_to_report = [] {
    const bool wanted = std::getenv("STRATA_REPORT") != nullptr;
    if (wanted) {
        strata::global::report_at_exit(strata::global::exit_report::leaks);
    }
    return wanted;
}();
