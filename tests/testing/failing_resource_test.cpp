// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <strata/compose/stack.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>

#include "support/child.hpp"
#include <strata/testing/boost_test_print.hpp>

BOOST_AUTO_TEST_SUITE(failing_resource_test)

static_assert(std::is_base_of_v<std::bad_alloc, strata::injected_failure>);
static_assert(std::is_nothrow_copy_constructible_v<strata::injected_failure>);
static_assert(!std::is_copy_constructible_v<strata::failing_resource>);

namespace {

// Asks for this many blocks and says which were refused: 'x', the others '.'.
std::string outcome(std::pmr::memory_resource& memory, int blocks, std::size_t bytes = 8) {
    std::string seen;
    for (int i = 0; i != blocks; ++i) {
        try {
            memory.deallocate(memory.allocate(bytes), bytes);
            seen += '.';
        } catch (const strata::injected_failure&) {
            seen += 'x';
        }
    }
    return seen;
}

[[gnu::noinline]] void asks_for_24_bytes(std::pmr::memory_resource& memory) {
    memory.deallocate(memory.allocate(24, 8), 24, 8);
}

}  // namespace

BOOST_AUTO_TEST_CASE(refuses_nothing_without_a_plan) {
    strata::checking_resource upstream;
    strata::failing_resource memory{&upstream};
    BOOST_TEST(outcome(memory, 4) == "....");
    BOOST_TEST(memory.allocations() == 4u);
    BOOST_TEST(memory.failures() == 0u);
    BOOST_TEST(!memory.first_failure());
    BOOST_TEST(upstream.requests().size() == 4u);
}

BOOST_AUTO_TEST_CASE(refuses_by_number_once_or_from_then_on) {
    strata::failing_resource once{strata::failing{.at = 3}};
    BOOST_TEST(outcome(once, 6) == "..x...");
    BOOST_TEST(once.allocations() == 6u);
    BOOST_TEST(once.failures() == 1u);

    strata::failing_resource on{strata::failing{.at = 3, .sticky = true}};
    BOOST_TEST(outcome(on, 6) == "..xxxx");
    BOOST_TEST(on.failures() == 4u);
    BOOST_TEST(on.first_failure()->number() == 3u);
}

BOOST_AUTO_TEST_CASE(there_is_no_allocation_0) {
    BOOST_CHECK_THROW(strata::failing_resource{strata::failing{.at = 0}}, std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(refuses_by_layout) {
    strata::failing_resource memory{
        strata::failing{.when = [](strata::layout asked) { return asked.size > 100; }}};
    BOOST_TEST(outcome(memory, 2, 100) == "..");
    BOOST_TEST(outcome(memory, 2, 101) == "xx");
    BOOST_TEST(outcome(memory, 2, 100) == "..");
}

BOOST_AUTO_TEST_CASE(refuses_by_chance_and_repeats_it_by_the_seed) {
    const strata::failing plan{.probability = 0.25, .seed = 42};
    strata::failing_resource memory{plan};
    const std::string first = outcome(memory, 1000);
    BOOST_TEST(memory.failures() > 200u);
    BOOST_TEST(memory.failures() < 300u);
    memory.arm(plan);
    BOOST_TEST(outcome(memory, 1000) == first);
    memory.arm({.probability = 0.25, .seed = 43});
    BOOST_TEST(outcome(memory, 1000) != first);
    memory.arm({.probability = 1, .seed = 1});
    BOOST_TEST(outcome(memory, 3) == "xxx");
}

BOOST_AUTO_TEST_CASE(a_seed_that_is_drawn_is_printed_and_told_by_what) {
    const auto child = tests::run_in_child([] {
        strata::failing_resource memory{strata::failing{.probability = 1}};
        try {
            (void)memory.allocate(1);
        } catch (const strata::injected_failure& e) {
            std::fprintf(stderr, "%llu|%s\n", static_cast<unsigned long long>(memory.seed()),
                         e.what());
        }
    });
    const std::string seed = child.errors.substr(
        child.errors.find('\n') + 1, child.errors.find('|') - child.errors.find('\n') - 1);
    BOOST_TEST(child.errors ==
               "strata: failing_resource: seed " + seed + "\n" + seed +
                   "|injected failure of allocation 1: 1 bytes aligned to 16 (seed " + seed +
                   ")\n");
}

BOOST_AUTO_TEST_CASE(says_what_it_refused_and_who_asked) {
    strata::failing_resource memory{strata::failing{.at = 2}};
    asks_for_24_bytes(memory);
    try {
        asks_for_24_bytes(memory);
        BOOST_ERROR("nothing was thrown");
    } catch (const strata::injected_failure& e) {
        BOOST_TEST(e.what() ==
                   std::string{"injected failure of allocation 2: 24 bytes aligned to 8"});
        BOOST_TEST(e.originator() == &memory);
        BOOST_TEST(e.number() == 2u);
        BOOST_TEST(e.asked() == (strata::layout{24, 8}));
        BOOST_TEST(e.trace().passes_through("asks_for_24_bytes"));
    }
}

BOOST_AUTO_TEST_CASE(a_new_plan_counts_anew) {
    strata::failing_resource memory{strata::failing{.at = 1, .sticky = true}};
    BOOST_TEST(outcome(memory, 2) == "xx");
    memory.arm({.at = 2});
    BOOST_TEST(memory.allocations() == 0u);
    BOOST_TEST(!memory.first_failure());
    BOOST_TEST(outcome(memory, 3) == ".x.");
    memory.disarm();
    BOOST_TEST(outcome(memory, 3) == "...");
}

BOOST_AUTO_TEST_CASE(is_a_layer_of_a_stack) {
    strata::stack memory{strata::failing{.at = 1}, strata::heap{}};
    BOOST_CHECK_THROW((void)memory.allocate(1), strata::injected_failure);
    BOOST_TEST(memory.name() == "failing");
    BOOST_TEST(memory.upstream(0) != nullptr);
    BOOST_TEST(memory.upstream(1) == nullptr);
}

BOOST_AUTO_TEST_CASE(serves_several_threads) {
    strata::failing_resource memory{strata::failing{.at = 501}};
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) {
        thread = std::thread{[&memory] { (void)outcome(memory, 1000); }};
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(memory.allocations() == 4000u);
    BOOST_TEST(memory.failures() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
