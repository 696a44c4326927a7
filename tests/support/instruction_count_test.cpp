// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "support/instruction_count.hpp"

BOOST_AUTO_TEST_SUITE(instruction_count_test)

using tests::section_counter;

namespace {

boost::test_tools::assertion_result can_count(boost::unit_test::test_unit_id /*of*/) {
    boost::test_tools::assertion_result can{tests::no_instruction_count().empty()};
    can.message() << "instructions cannot be counted: " << tests::no_instruction_count();
    return can;
}

template <class Driver>
std::vector<std::uint64_t> counts_of(Driver driver) {
    std::vector<std::uint64_t> counts;
    for (const tests::counted_section& each : tests::count_instructions(driver)) {
        counts.push_back(each.instructions);
    }
    return counts;
}

}  // namespace

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(can_count))
BOOST_AUTO_TEST_CASE(each_instruction_is_counted_and_the_marks_are_not) {
    const auto counts = counts_of([](section_counter& count) {
        count([] {});
        count([] { __asm__ volatile("nop"); });
        count([] { __asm__ volatile("nop\nnop\nnop\nnop\nnop"); });
    });
    BOOST_TEST_REQUIRE(counts.size() == 3u);
    BOOST_TEST(counts[0] == 0u);
    BOOST_TEST(counts[2] - counts[1] == 4u);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(can_count))
BOOST_AUTO_TEST_CASE(the_same_code_takes_the_same_number_again) {
    const auto driver = [](section_counter& count) {
        for (int rounds = 1; rounds != 5; ++rounds) {
            count([&] {
                for (int i = 0; i != rounds; ++i) {
                    __asm__ volatile("nop");
                }
            });
        }
    };
    const auto counts = counts_of(driver);
    BOOST_TEST(counts == counts_of(driver), boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(counts.size() == 4u);
    BOOST_TEST(counts[3] - counts[2] == counts[1] - counts[0]);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(can_count))
BOOST_AUTO_TEST_CASE(labels_come_back) {
    const auto counts = tests::count_instructions([](section_counter& count) {
        count([] {}, 7);
        count([] {}, 3);
    });
    BOOST_TEST_REQUIRE(counts.size() == 2u);
    BOOST_TEST(counts[0].label == 7u);
    BOOST_TEST(counts[1].label == 3u);
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(can_count))
BOOST_AUTO_TEST_CASE(a_driver_that_does_not_end_well_is_an_error) {
    BOOST_CHECK_THROW((void)tests::count_instructions([](section_counter&) { std::_Exit(3); }),
                      std::runtime_error);
    BOOST_CHECK_THROW((void)tests::count_instructions([](section_counter& count) {
                          count([] { std::raise(SIGKILL); });
                      }),
                      std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
