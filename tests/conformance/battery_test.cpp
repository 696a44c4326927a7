// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>

#include "battery.hpp"
#include "support/asan.hpp"

// A suite for each recipe, a case for each check: --run_test='stats > pool > arena/random_program'.
// STRATA_TEST_HALF, 1 or 2, takes every second recipe alone.

namespace {

namespace ut = boost::unit_test;

bool register_battery() {
    ut::test_suite& battery = ut::framework::master_test_suite();
    battery.p_name.value = "conformance battery";
    const char* const half = std::getenv("STRATA_TEST_HALF");
    std::size_t number = 0;
    for (const conformance::recipe& recipe : conformance::recipes()) {
        const bool is_of_first = number++ % 2 == 0;
        if (half != nullptr && *half != '\0' && is_of_first != (*half == '1')) {
            continue;
        }
        auto* suite = new ut::test_suite{recipe.name, __FILE__, __LINE__};
        for (const conformance::check& check : conformance::all_checks()) {
            if (check.applies(recipe)) {
                suite->add(
                    ut::make_test_case([=] { check.run(recipe); }, check.name, __FILE__, __LINE__));
            }
        }
        battery.add(suite);
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    return ut::unit_test_main(&register_battery, argc, argv);
}
