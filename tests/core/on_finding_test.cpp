// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>

#include <strata/core/on_finding.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(on_finding_test)

using strata::on_finding;
using strata::detail::tell;

namespace {

std::string heard;

void hear(const char* message) noexcept {
    heard = message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_value_has_a_word) {
    const auto word_of = [](on_finding what) {
        return strata::words_of<on_finding>.at(static_cast<std::size_t>(what));
    };
    BOOST_TEST(word_of(on_finding::ignore) == "ignore");
    BOOST_TEST(word_of(on_finding::report) == "report");
    BOOST_TEST(word_of(on_finding::abort) == "abort");
    BOOST_TEST(word_of(on_finding::throw_) == "throw");
}

BOOST_AUTO_TEST_CASE(ignored_findings_reach_nobody) {
    const auto child = tests::run_in_child([] {
        tell(on_finding::ignore, "a finding");
        tell(on_finding::ignore, "a finding", hear);
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.errors == "");
}

BOOST_AUTO_TEST_CASE(a_report_is_printed_and_the_program_goes_on) {
    const auto child = tests::run_in_child([] { tell(on_finding::report, "a finding"); });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.errors == "strata: a finding\n");
}

BOOST_AUTO_TEST_CASE(abort_is_a_misuse_and_so_is_what_cannot_be_thrown) {
    const auto child = tests::run_in_child([] { tell(on_finding::abort, "a finding"); });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.find("strata: misuse: a finding\n") == 0U);
    const tests::misuse_recorder misuses;
    tell(on_finding::abort, "a finding");
    tell(on_finding::throw_, "a finding");
    BOOST_TEST(misuses.count() == 2U);
}

BOOST_AUTO_TEST_CASE(a_handler_is_told_in_place_of_all_else) {
    const tests::misuse_recorder misuses;
    for (const on_finding what : {on_finding::report, on_finding::abort, on_finding::throw_}) {
        heard.clear();
        tell(what, "a finding", hear);
        BOOST_TEST(heard == "a finding");
    }
    heard.clear();
    tell(on_finding::ignore, "a finding", hear);
    BOOST_TEST(heard == "");
    BOOST_TEST(misuses.count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
