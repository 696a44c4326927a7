// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE boost_test
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iostream>
#include <memory_resource>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <strata/compose/strategy_error.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/boost_test.hpp>
#include <strata/testing/for_each_allocation_failure.hpp>
#include <strata/testing/watched_resource.hpp>

using strata::misuse_fails_test;
BOOST_TEST_GLOBAL_FIXTURE(misuse_fails_test);

namespace utf = boost::unit_test;

// That these tests fail is what they test.

BOOST_AUTO_TEST_CASE(a_misuse_fails_the_test, *utf::expected_failures(1)) {
    std::ostringstream log;
    utf::unit_test_log.set_stream(log);
    strata::misuse("a misuse that is expected");
    utf::unit_test_log.set_stream(std::cout);
    BOOST_TEST_CONTEXT(log.str()) {
        BOOST_TEST(log.str().find("boost_test_test.cpp") != std::string::npos);
        BOOST_TEST(log.str().find("boost_test.hpp") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_budget_fails_the_test_at_its_end, *utf::expected_failures(2)) {
    strata::watched_resource memory;
    {
        const strata::no_allocations by_fixture{memory};
        const strata::no_allocations by_option{memory, {.handler = strata::boost_error}};
        memory.deallocate(memory.allocate(24), 24);
    }
}

BOOST_AUTO_TEST_CASE(reports_are_tested_as_they_are, *utf::expected_failures(1)) {
    BOOST_TEST(strata::for_each_allocation_failure(
        [](std::pmr::memory_resource& memory) { (void)memory.allocate(24); }));
}

BOOST_AUTO_TEST_CASE(layouts_and_answers_are_printed) {
    BOOST_TEST((strata::layout{24, 8}) == (strata::layout{24, 8}));
    BOOST_TEST(strata::ownership::yes == strata::ownership::yes);
}

// --- strategies ---------------------------------------------------------------------------------

STRATA_STRATEGY_TEST_CASE(is_named_after_its_strategy, "heap; pool > arena", strategy) {
    auto memory = strategy.build();
    memory.deallocate(memory.allocate(24), 24);
    BOOST_TEST(utf::framework::current_test_case().p_name.value ==
               "is_named_after_its_strategy on " + strategy.text());
}

namespace {

std::set<std::string> seen;

}  // namespace

BOOST_DATA_TEST_CASE(runs_once_a_strategy,
                     STRATA_TEST_STRATEGIES("heap; pool > arena(first_chunk=1KiB); stats > pool"),
                     strategy) {
    auto memory = strategy.build();
    const std::pmr::vector<int> numbers(100, 7, &memory);
    BOOST_TEST(numbers.back() == 7);
    BOOST_TEST(seen.insert(strategy.text()).second);
}

BOOST_AUTO_TEST_CASE(every_strategy_has_run, *utf::depends_on("runs_once_a_strategy")) {
    BOOST_TEST(
        seen == (std::set<std::string>{"heap", "pool > arena(first_chunk=1KiB)", "stats > pool"}),
        boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(a_wrong_strategy_fails_its_own_test, STRATA_TEST_STRATEGIES("poool"),
                     strategy) {
    BOOST_CHECK_THROW((void)strategy.build(), strata::strategy_error);
}
