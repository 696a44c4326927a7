// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>
#include <memory_resource>
#include <new>

#include <strata/adaptors/retry_resource.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(misuse_test)

namespace {

void ignore(const char* /*message*/) noexcept {}

}  // namespace

BOOST_AUTO_TEST_CASE(by_default_a_misuse_prints_its_message_and_aborts) {
    const auto child = tests::run_in_child([] { strata::misuse("the marks are stale"); });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.starts_with("strata: misuse: the marks are stale\n"));
}

BOOST_AUTO_TEST_CASE(an_installed_handler_is_called_instead) {
    const tests::misuse_recorder recorded;
    strata::misuse("first");
    strata::misuse("second");
    BOOST_TEST(recorded.messages() == (std::vector<std::string>{"first", "second"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(installing_a_handler_returns_the_one_before) {
    const auto original = strata::set_misuse_handler(ignore);
    BOOST_TEST((strata::set_misuse_handler(original) == ignore));
}

BOOST_AUTO_TEST_CASE(null_installs_the_default_again) {
    const auto child = tests::run_in_child([] {
        strata::set_misuse_handler(ignore);
        strata::set_misuse_handler(nullptr);
        strata::misuse("again");
    });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.starts_with("strata: misuse: again\n"));
}

BOOST_AUTO_TEST_CASE(a_program_can_ask_whether_the_library_has_checks) {
#ifdef STRATA_TEST_LIBRARY_IS_CHECKED
    static_assert(strata::checked);
    BOOST_TEST(strata::library_is_checked() == STRATA_TEST_LIBRARY_IS_CHECKED);
#else
    BOOST_TEST(strata::library_is_checked() == strata::checked);
#endif
}

BOOST_AUTO_TEST_CASE(what_a_handler_lets_pass_goes_on) {
    const auto child = tests::run_in_child([] {
        strata::set_misuse_handler(ignore);
        strata::misuse("never printed");
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.exit_code == 0);
    BOOST_TEST(child.errors == "");
}

BOOST_AUTO_TEST_CASE(where_errors_are_misuse_those_of_others_pass) {
    struct : std::pmr::memory_resource {
        void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
        void do_deallocate(void*, std::size_t, std::size_t) override {}
        bool do_is_equal(const memory_resource& other) const noexcept override {
            return this == &other;
        }
    } foreign;
    strata::fixed_buffer_resource<16> ours;
    for (std::pmr::memory_resource* const upstream :
         {static_cast<std::pmr::memory_resource*>(&foreign),
          static_cast<std::pmr::memory_resource*>(&ours)}) {
        const auto child = tests::run_in_child([&] {
            strata::set_misuse_handler([](const char*) noexcept { std::_Exit(3); });
            strata::errors_are_misuse(true);
            strata::retry_resource memory{strata::retry{.attempts = 1}, upstream};
            try {
                (void)memory.allocate(17);
            } catch (const std::bad_alloc&) {
                std::_Exit(4);
            }
        });
        BOOST_TEST(child.exit_code == (upstream == &ours ? 3 : 4));
    }
}

BOOST_AUTO_TEST_SUITE_END()
