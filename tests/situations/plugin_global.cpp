// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A plugin that routes operator new of its own code, and says at its end what it left.
#include <strata/interop/global_new.hpp>
#include <strata/strata.hpp>

STRATA_GLOBAL_RESOURCE(strata::stack{strata::stats{}, strata::concurrent_pool{}});

extern "C" void plugin_report_at_exit() {
    strata::global::report_at_exit(strata::global::exit_report::leaks);
    static int* kept = nullptr;
    kept = new int{7};
    asm volatile("" : : "r"(kept) : "memory");  // or the compiler would leave it out
}
