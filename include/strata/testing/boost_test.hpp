// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_BOOST_TEST_HPP
#define STRATA_TESTING_BOOST_TEST_HPP

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/compose/strategy.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/testing/boost_test_print.hpp>
#include <strata/testing/strategy_list.hpp>

// Connects strata/testing/ with Boost.Test. A `failure_report` needs nothing of this:
// `BOOST_TEST(report)` fails and prints the report if it is false.

namespace strata {

/// A handler, for the end of budgets and for misuses, that fails the running test and lets it go
/// on. The failure has the line of the test case. A budget's message also has the line of the
/// budget.
inline void boost_error(const char* message) noexcept {
    namespace framework = boost::unit_test::framework;
    boost::unit_test::const_string file = __FILE__;
    std::size_t line = __LINE__;
    if (framework::current_test_case_id() != boost::unit_test::INV_TEST_UNIT_ID) {
        file = framework::current_test_case().p_file_name;
        line = framework::current_test_case().p_line_num;
    }
    boost::test_tools::tt_detail::report_assertion(
        false, boost::unit_test::lazy_ostream::instance() << message, file, line,
        boost::test_tools::tt_detail::CHECK, boost::test_tools::tt_detail::CHECK_MSG, 0);
}

/// Makes every misuse of the library fail the running test instead of ending the program:
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

/// A strategy that a test runs with. It is parsed only by `build`, so that a wrong text fails only
/// its own test.
class strategy_under_test {
public:
    explicit strategy_under_test(std::string text) : text_{std::move(text)} {}

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] auto build() const { return strategy::parse(text_).build(); }

    friend std::ostream& operator<<(std::ostream& out, const strategy_under_test& strategy) {
        return detail::put(out, strategy.text_);
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

namespace detail {

/// Makes a test case for each strategy of a list, named after it.
class strategy_cases : public boost::unit_test::test_unit_generator {
public:
    using body = void (*)(const strategy_under_test& strategy);

    strategy_cases(std::string name, std::string_view list, body run, const char* file, int line)
        : name_{std::move(name)},
          strategies_{make_strategies_under_test(list)},
          run_{run},
          file_{file},
          line_{line} {}

    [[nodiscard]] boost::unit_test::test_unit* next() const override {
        if (next_ == strategies_.size()) {
            return nullptr;
        }
        const strategy_under_test& strategy = strategies_[next_++];
        return new boost::unit_test::test_case{name_ + " on " + strategy.text(), file_,
                                               static_cast<std::size_t>(line_),
                                               [run = run_, strategy] { run(strategy); }};
    }

private:
    std::string name_;
    std::vector<strategy_under_test> strategies_;
    body run_;
    const char* file_;
    int line_;
    mutable std::size_t next_ = 0;
};

}  // namespace detail

}  // namespace strata

/// A test case that runs once for each strategy of a list, or of the list in the environment
/// variable STRATA_STRATEGY. Its name has the strategy: "finds_words on pool > arena".
///
///     STRATA_STRATEGY_TEST_CASE(finds_words, "heap; pool; pool > arena", strategy) {
///         auto memory = strategy.build();
///         ...
///     }
#define STRATA_STRATEGY_TEST_CASE(test_name, list, strategy)                                  \
    static void test_name(const ::strata::strategy_under_test& strategy);                     \
    BOOST_AUTO_TU_REGISTRAR(test_name)                                                        \
    (::strata::detail::strategy_cases{#test_name, list, test_name, __FILE__, __LINE__},       \
     ::boost::unit_test::decorator::collector_t::instance());                                 \
    static void test_name(const ::strata::strategy_under_test& strategy)

/// The same as a data set, to combine with others: the test runs once for each strategy, and names
/// the strategy if it fails.
///
///     BOOST_DATA_TEST_CASE(finds_words, STRATA_TEST_STRATEGIES("heap; pool; pool > arena"), s) {
///         auto memory = s.build();
///         ...
///     }
#define STRATA_TEST_STRATEGIES(list) \
    ::boost::unit_test::data::make(::strata::make_strategies_under_test(list))

#endif
