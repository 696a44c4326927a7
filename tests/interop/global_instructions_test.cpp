// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// The guard against an operator new that grows unseen: the instructions of single calls, counted
// exactly, on a resource that the compiler knows, alone or in a stack, or on a strategy from a text.
// See conformance/hot_paths.
#define BOOST_TEST_MODULE global_instructions
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <iostream>
#include <new>

#include <strata/compose/stack.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/interop/thread_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/testing/allocation_budget.hpp>

#include "support/instruction_count.hpp"

#ifdef STRATA_TEST_TEXT
STRATA_GLOBAL_RESOURCE(strata::strategy::parse("concurrent_pool").build());
#elif defined(STRATA_TEST_STACK)
STRATA_GLOBAL_RESOURCE(strata::stack{strata::concurrent_pool{}, strata::heap{}});
#else
STRATA_GLOBAL_RESOURCE(strata::concurrent_pool_resource{strata::system_heap()});
#endif

namespace {

template <class T>
T hidden(T value) {
    asm volatile("" : "+r"(value));
    return value;
}

constexpr std::size_t bytes = 64;

[[nodiscard]] bool counts_here() {
#if !defined(__x86_64__)
    std::cout << "skipped: the figures are of x86-64\n";
    return false;
#endif
    const auto why_not = tests::no_instruction_count();
    if (!why_not.empty()) {
        std::cout << "skipped: " << why_not << "\n";
    }
    return why_not.empty();
}

// Afterwards the thread has blocks at hand.
void free_two_blocks() {
    void* first = ::operator new(hidden(bytes));
    void* second = ::operator new(hidden(bytes));
    ::operator delete(second, hidden(bytes));
    ::operator delete(first, hidden(bytes));
}

}  // namespace

BOOST_AUTO_TEST_CASE(operator_new_takes_no_more_instructions_than_recorded) {
    if (!counts_here()) {
        return;
    }
    const auto counts = tests::count_instructions([&](tests::section_counter& count) {
        // A scope leaves the fast paths as they were.
        { const strata::thread_resource scope{*strata::system_heap()}; }
        free_two_blocks();
        void* block = nullptr;
        count([&] { block = ::operator new(hidden(bytes)); });
        count([&] { ::operator delete(hidden(block), hidden(bytes)); });
        block = ::operator new(hidden(bytes));
        count([&] { ::operator delete(hidden(block)); });
    });
    const auto allocation = counts.at(0).instructions;
    const auto sized = counts.at(1).instructions;
    const auto unsized = counts.at(2).instructions;
    std::cout << "instructions of a call on concurrent_pool\n"
              << "operator new            " << allocation << "\n"
              << "operator delete, sized  " << sized << "\n"
              << "operator delete         " << unsized << "\n";
    // As recorded with g++ 12, for libraries without checks; others may take a quarter more.
    const auto most = [](std::uint64_t recorded) { return recorded + recorded / 4; };
    BOOST_TEST(allocation <= most(32));
    BOOST_TEST(sized <= most(32));
    BOOST_TEST(unsized <= most(34));
}

BOOST_AUTO_TEST_CASE(operator_new_is_as_quick_as_before_after_a_swap_and_a_budget) {
    if (!counts_here()) {
        return;
    }
    const auto counts = tests::count_instructions([&](tests::section_counter& count) {
        free_two_blocks();
        void* block = nullptr;
        const auto count_allocation = [&] {
            count([&] { block = ::operator new(hidden(bytes)); });
            ::operator delete(hidden(block), hidden(bytes));
        };
        count_allocation();
        {
            const strata::global::scoped_resource use{*strata::system_heap()};
            const strata::allocation_budget watched{strata::through_operator_new,
                                                    {.at_end = strata::on_finding::ignore}};
            count_allocation();
        }
        count_allocation();
    });
    BOOST_TEST(counts.at(1).instructions > counts.at(0).instructions);
    BOOST_TEST(counts.at(2).instructions == counts.at(0).instructions);
}
