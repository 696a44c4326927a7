// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program of two units, one compiled with checks (without NDEBUG) and one without. The linker
// keeps one copy of each inline function, that of the first unit; the program is linked in both
// orders. Each unit works as if it were alone.
#include "mixed_checks.hpp"

#include <cstdio>
#include <cstdlib>

#include <strata/diagnostics/misuse.hpp>

namespace {

int reports = 0;

}  // namespace

int main() {
    strata::set_misuse_handler([](const char* /*message*/) noexcept { ++reports; });
    const int with = with_checks::failures(reports);
    const int without = without_checks::failures(reports);
    std::printf("%d failures with checks, %d without\n", with, without);
    return with == 0 && without == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
