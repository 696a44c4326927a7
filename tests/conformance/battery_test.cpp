// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include "battery.hpp"
#include "support/asan.hpp"

// A suite for each recipe, a case for each check: --run_test='stats > pool > arena/random_program'.

namespace {

namespace ut = boost::unit_test;

bool register_battery() {
    ut::test_suite& battery = ut::framework::master_test_suite();
    battery.p_name.value = "conformance battery";
    for (const conformance::recipe& recipe : conformance::recipes()) {
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
