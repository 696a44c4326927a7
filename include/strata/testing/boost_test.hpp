// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_BOOST_TEST_HPP
#define STRATA_TESTING_BOOST_TEST_HPP

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/compose/strategy.hpp>
#include <strata/core/misuse.hpp>
#include <strata/testing/boost_test_print.hpp>
#include <strata/testing/strategy_list.hpp>

// What Boost.Test needs to work with strata/testing/. A `failure_report` and a `stats_expectation`
// need nothing: `BOOST_TEST(report)` fails and prints where the report is false.

namespace strata {

/// A handler, for the end of budgets and for misuses, that fails the running test and lets it go
/// on.
inline void boost_error(const char* message) noexcept {
    BOOST_ERROR(message);
}

/// Makes every misuse of the library fail the running test in place of ending the program:
///
///     BOOST_TEST_GLOBAL_FIXTURE(misuse_fails_test);   // using strata::misuse_fails_test
class misuse_fails_test {
public:
    misuse_fails_test() : previous_{set_misuse_handler(boost_error)} {}
    misuse_fails_test(const misuse_fails_test&) = delete;
    misuse_fails_test& operator=(const misuse_fails_test&) = delete;
    ~misuse_fails_test() { set_misuse_handler(previous_); }

private:
    misuse_handler previous_;
};

/// A strategy that a test runs with. It is parsed only when built, so that a wrong text fails the
/// test that it is for.
class strategy_under_test {
public:
    explicit strategy_under_test(std::string text) : text_{std::move(text)} {}

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] auto build() const { return strategy::parse(text_).build(); }

    friend std::ostream& operator<<(std::ostream& out, const strategy_under_test& strategy) {
        return out << strategy.text_;
    }

private:
    std::string text_;
};

/// See `STRATA_TEST_STRATEGIES`.
[[nodiscard]] inline std::vector<strategy_under_test> make_strategies_under_test(
    std::string_view list) {
    std::vector<strategy_under_test> strategies;
    for (std::string& text : strategies_under_test(list)) {
        strategies.emplace_back(std::move(text));
    }
    return strategies;
}

}  // namespace strata

/// A data set of strategies, or of those in the environment variable STRATA_STRATEGY: the test runs
/// once for each, and names it where it fails.
///
///     BOOST_DATA_TEST_CASE(finds_words, STRATA_TEST_STRATEGIES("heap; pool; pool > arena"), s) {
///         auto memory = s.build();
///         ...
///     }
#define STRATA_TEST_STRATEGIES(list) \
    ::boost::unit_test::data::make(::strata::make_strategies_under_test(list))

#endif
