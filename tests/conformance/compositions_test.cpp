// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <string>

#include <strata/compose/strategy.hpp>
#include <strata/diagnostics/poison.hpp>

#include "battery.hpp"
#include "dice.hpp"
#include "support/asan.hpp"
#include "support/random_strategy.hpp"

// The battery over compositions drawn at random from the grammar of strategies, with branches
// nested up to five deep: a case for each composition, named after it.

namespace {

namespace ut = boost::unit_test;

// Under a tool each takes ten times as long, or a hundred.
const std::size_t compositions = strata::detail::is_watched() || tests::tsan ? 50 : 300;
constexpr std::size_t depth = 5;

conformance::recipe recipe_of(const std::string& text) {
    return {.name = text,
            .has_upstream = true,
            .has_buffer = text.find("fixed_buffer") != text.npos ||
                          text.find("pages") != text.npos,
            .passes_all_on = true,
            .operations = 1000,
            .failure_points = 48,
            .make = [text](std::pmr::memory_resource* upstream) {
                conformance::instance made;
                const auto built = std::make_shared<strata::built_strategy>(
                    strata::strategy::parse(text).build(upstream));
                made.add(std::shared_ptr<std::pmr::memory_resource>{built, &*built});
                return made;
            }};
}

void run_battery(const conformance::recipe& recipe) {
    for (const conformance::check& check : conformance::all_checks()) {
        if (check.applies(recipe)) {
            BOOST_TEST_CONTEXT(check.name) { check.run(recipe); }
        }
    }
}

bool register_compositions() {
    ut::test_suite& all = ut::framework::master_test_suite();
    all.p_name.value = "compositions from STRATA_TEST_SEED=" + std::to_string(conformance::seed());
    conformance::dice roll{conformance::seed()};
    support::random_strategy draw{roll};
    for (std::size_t i = 0; i != compositions; ++i) {
        const conformance::recipe recipe = recipe_of(draw(depth));
        all.add(ut::make_test_case([=] { run_battery(recipe); },
                                   std::to_string(i) + ": " + recipe.name, __FILE__, __LINE__));
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    return ut::unit_test_main(&register_compositions, argc, argv);
}
