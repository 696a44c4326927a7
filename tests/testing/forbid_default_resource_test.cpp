// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <memory_resource>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <strata/compose/scoped_default_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/forbid_default_resource.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"
#include <strata/testing/boost_test_print.hpp>

BOOST_AUTO_TEST_SUITE(forbid_default_resource_test)

static_assert(!std::is_copy_constructible_v<strata::forbid_default_resource>);
static_assert(std::is_nothrow_copy_constructible_v<strata::default_resource_forbidden>);

namespace {

using strata::forbid_default_resource;
using strata::on_finding;

[[gnu::noinline]] void escapes() {
    const std::pmr::vector<int> numbers(6, 0);
    BOOST_TEST(numbers.size() == 6u);
}

[[gnu::noinline]] void escapes_elsewhere() {
    const std::pmr::vector<char> characters(100, 'x');
    BOOST_TEST(characters.size() == 100u);
}

[[gnu::noinline]] void writes_a_log() {
    escapes();
    asm volatile("");  // no tail call
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_use_throws_and_says_where) {
    const tests::misuse_recorder misuses;
    auto* const before = std::pmr::get_default_resource();
    {
        const forbid_default_resource forbidden{{.at_end = on_finding::ignore}};
        BOOST_TEST(forbidden.previous() == before);
        BOOST_TEST(std::pmr::get_default_resource() != before);
        BOOST_TEST(forbidden.ok());
        BOOST_TEST(forbidden.message().empty());
        try {
            escapes();
            BOOST_ERROR("nothing was thrown");
        } catch (const strata::default_resource_forbidden& e) {
            BOOST_TEST(e.asked() == (strata::layout{24, 4}));
            const std::string text = e.what();
            BOOST_TEST(text.starts_with("the default resource is forbidden and was asked for 24 "
                                        "bytes aligned to 4\n    at "));
            BOOST_TEST(text.find("at forbid_default_resource_test::escapes") != std::string::npos);
        }
        BOOST_TEST(!forbidden.ok());
        BOOST_TEST(forbidden.uses() == 1u);
    }
    BOOST_TEST(std::pmr::get_default_resource() == before);
    escapes();
    BOOST_TEST(misuses.count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_swallowed_use_is_reported_at_the_end) {
    const tests::misuse_recorder misuses;
    const int line = __LINE__ + 2;
    {
        const forbid_default_resource forbidden;
        try {
            escapes();
        } catch (const std::bad_alloc&) {
        }
    }
    BOOST_TEST_REQUIRE(misuses.count() == 1u);
    const std::string& message = misuses.messages().front();
    BOOST_TEST_CONTEXT(message) {
        BOOST_TEST(message.starts_with("forbid_default_resource (" + std::string{__FILE__} + ":" +
                                       std::to_string(line) +
                                       "): the default resource was used 1 times\n"
                                       "  1 times, first for 24 bytes aligned to 4\n    at "));
    }
}

BOOST_AUTO_TEST_CASE(an_exception_on_its_way_out_says_it_all) {
    const tests::misuse_recorder misuses;
    BOOST_CHECK_THROW(
        {
            const forbid_default_resource forbidden;
            escapes();
        },
        strata::default_resource_forbidden);
    BOOST_TEST(misuses.count() == 0u);
}

BOOST_AUTO_TEST_CASE(uses_may_be_recorded_and_served) {
    strata::checking_resource before;
    const strata::scoped_default_resource use{before};
    const forbid_default_resource forbidden{
        {.on_use = on_finding::ignore, .at_end = on_finding::ignore}};
    const volatile int times = 3;  // not unrolled, so that all come from one place
    for (int i = 0; i != times; ++i) {
        escapes();
    }
    escapes_elsewhere();
    BOOST_TEST(forbidden.uses() == 4u);
    BOOST_TEST(before.allocations() == 4u);
    BOOST_TEST(before.live_blocks() == 0u);
    const std::string message = forbidden.message();
    BOOST_TEST_CONTEXT(message) {
        BOOST_TEST(message.find("was used 4 times") != std::string::npos);
        BOOST_TEST(message.find("  3 times, first for 24 bytes") != std::string::npos);
        BOOST_TEST(message.find("  1 times, first for 100 bytes") != std::string::npos);
        BOOST_TEST(message.find("at forbid_default_resource_test::escapes_elsewhere") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_use_may_be_reported_where_it_happens_and_served) {
    const auto child = tests::run_in_child([] {
        const forbid_default_resource forbidden{
            {.on_use = on_finding::report, .at_end = on_finding::ignore}};
        escapes();
    });
    BOOST_TEST(child.signal == 0);
    BOOST_TEST(child.errors.find("strata: the default resource is forbidden") == 0U);
    BOOST_TEST(child.errors.find("at forbid_default_resource_test::escapes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_use_may_abort_where_it_happens) {
    const auto child = tests::run_in_child([] {
        const forbid_default_resource forbidden{{.on_use = on_finding::abort}};
        escapes();
    });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.find("strata: misuse: the default resource is forbidden") == 0u);
    BOOST_TEST(child.errors.find("at forbid_default_resource_test::escapes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(functions_may_be_allowed) {
    const forbid_default_resource forbidden{{.allowed_functions = {"writes_a_log"}}};
    writes_a_log();
    BOOST_TEST(forbidden.ok());
}

BOOST_AUTO_TEST_CASE(uses_may_be_allowed_by_a_predicate_that_uses_the_default_resource_itself) {
    const forbid_default_resource forbidden{
        {.allowed_if =
             [](strata::layout asked, const strata::stack_trace& trace) {
                 const std::pmr::vector<int> copy(3, 0);
                 return asked.size == 24 && !trace.empty() && copy.size() == 3;
             },
         .at_end = on_finding::ignore}};
    escapes();
    BOOST_TEST(forbidden.ok());
    BOOST_CHECK_THROW(escapes_elsewhere(), strata::default_resource_forbidden);
}

BOOST_AUTO_TEST_CASE(a_scope_may_allow_it_to_its_thread) {
    const forbid_default_resource forbidden{{.at_end = on_finding::ignore}};
    {
        const strata::allow_default_resource for_this;
        escapes();
        std::thread{[] { BOOST_CHECK_THROW(escapes(), std::bad_alloc); }}.join();
    }
    BOOST_TEST(forbidden.uses() == 1u);
    BOOST_CHECK_THROW(escapes(), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(allowing_it_elsewhere_does_nothing) {
    const strata::allow_default_resource for_this;
    escapes();
}

BOOST_AUTO_TEST_CASE(what_was_made_inside_may_end_after_the_scope) {
    std::optional<std::pmr::vector<int>> numbers;
    {
        const forbid_default_resource forbidden;
        const strata::allow_default_resource for_a_static;
        numbers.emplace(6, 0);
    }
    numbers->push_back(1);
    BOOST_TEST(numbers->size() == 7u);
}

BOOST_AUTO_TEST_CASE(scopes_nest) {
    auto* const before = std::pmr::get_default_resource();
    {
        const forbid_default_resource outer{{.at_end = on_finding::ignore}};
        {
            const forbid_default_resource inner{
                {.on_use = on_finding::ignore, .at_end = on_finding::ignore}};
            escapes();
            BOOST_TEST(inner.uses() == 1u);
        }
        BOOST_TEST(outer.ok());
        BOOST_CHECK_THROW(escapes(), std::bad_alloc);
        {
            // Whoever installs a default resource of their own means to use it.
            const strata::scoped_default_resource use{*strata::system_heap()};
            escapes();
        }
        BOOST_TEST(outer.uses() == 1u);
    }
    BOOST_TEST(std::pmr::get_default_resource() == before);
}

BOOST_AUTO_TEST_CASE(ends_out_of_order_are_a_misuse) {
    const tests::misuse_recorder misuses;
    auto* const before = std::pmr::get_default_resource();
    {
        const forbid_default_resource forbidden;
        std::pmr::set_default_resource(strata::system_heap());
    }
    BOOST_TEST(misuses.count() == 1u);
    BOOST_TEST(std::pmr::get_default_resource() == strata::system_heap());
    std::pmr::set_default_resource(before);
}

BOOST_AUTO_TEST_CASE(more_places_than_are_remembered_are_counted) {
    const forbid_default_resource forbidden{
        {.on_use = on_finding::ignore, .at_end = on_finding::ignore}};
    auto* const memory = std::pmr::get_default_resource();
    const auto use = [memory](auto self, int depth) -> void {
        memory->deallocate(memory->allocate(1), 1);
        if (depth != 0) {
            self(self, depth - 1);
            asm volatile("");
        }
    };
    use(use, 24);
    BOOST_TEST(forbidden.uses() == 25u);
    const std::string message = forbidden.message();
    std::size_t places = 0;
    for (std::size_t at = 0; (at = message.find(" times, first for ", at)) != std::string::npos; ++at) {
        ++places;
    }
    BOOST_TEST(places == 16u);
    BOOST_TEST(message.find("times elsewhere") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_threads_are_seen) {
    const forbid_default_resource forbidden{
        {.on_use = on_finding::ignore, .at_end = on_finding::ignore}};
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) {
        thread = std::thread{[] {
            for (int i = 0; i != 100; ++i) {
                const std::pmr::vector<int> numbers(6, 0);
            }
        }};
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(forbidden.uses() == 400u);
}

BOOST_AUTO_TEST_SUITE_END()
