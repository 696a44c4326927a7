// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <strata/testing/strategy_list.hpp>

BOOST_AUTO_TEST_SUITE(strategy_list_test)

using texts = std::vector<std::string>;

BOOST_AUTO_TEST_CASE(lists_are_split_at_semicolons) {
    BOOST_TEST(strata::split_strategies("heap; pool ;\n arena(first_chunk=1KiB) > heap") ==
                   (texts{"heap", "pool", "arena(first_chunk=1KiB) > heap"}),
               boost::test_tools::per_element());
    BOOST_TEST(strata::split_strategies(";heap;;").size() == 1u);
    BOOST_TEST(strata::split_strategies("").empty());
    BOOST_TEST(strata::split_strategies(" ; ").empty());
}

BOOST_AUTO_TEST_CASE(parentheses_are_kept_together) {
    BOOST_TEST(
        strata::split_strategies("mine(a;b(c;d);e);heap") == (texts{"mine(a;b(c;d);e)", "heap"}),
        boost::test_tools::per_element());
    BOOST_TEST(strata::split_strategies("pool(;heap").size() == 1u);
    BOOST_TEST(strata::split_strategies("pool);heap").size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_stands_in_quotation_marks_splits_nothing) {
    BOOST_TEST(strata::split_strategies("stats(name=\"a(b\") > pool; pool(name=\"a);b\"); heap") ==
                   (texts{"stats(name=\"a(b\") > pool", "pool(name=\"a);b\")", "heap"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_environment_overrides_the_list) {
    const char* const variable = "STRATA_STRATEGY_OF_THIS_TEST";
    unsetenv(variable);
    BOOST_TEST(strata::strategies_under_test("heap;pool", variable).size() == 2u);
    setenv(variable, "", 1);
    BOOST_TEST(strata::strategies_under_test("heap;pool", variable).size() == 2u);
    setenv(variable, "arena; pool > arena", 1);
    BOOST_TEST(strata::strategies_under_test("heap", variable) == (texts{"arena", "pool > arena"}),
               boost::test_tools::per_element());
    unsetenv(variable);
}

BOOST_AUTO_TEST_CASE(a_list_of_nothing_is_refused) {
    const auto says = [](const char* what) {
        return [what](const std::invalid_argument& e) { return e.what() == std::string{what}; };
    };
    BOOST_CHECK_EXCEPTION((void)strata::strategies_under_test(" ; ", "STRATA_UNSET"),
                          std::invalid_argument, says("there is no strategy to test in \" ; \""));
    const char* const variable = "STRATA_STRATEGY_OF_THIS_TEST";
    setenv(variable, ";", 1);
    BOOST_CHECK_EXCEPTION(
        (void)strata::strategies_under_test("heap", variable), std::invalid_argument,
        says("there is no strategy to test in \";\" (from STRATA_STRATEGY_OF_THIS_TEST)"));
    unsetenv(variable);
}

BOOST_AUTO_TEST_SUITE_END()
