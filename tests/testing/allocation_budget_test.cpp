// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <limits>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/testing/allocation_budget.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/watched_resource.hpp>

#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(allocation_budget_test)

static_assert(!std::is_copy_constructible_v<strata::allocation_budget>);
static_assert(!std::is_copy_constructible_v<strata::watched_resource>);

namespace {

using strata::allocation_budget;
using strata::no_allocations;
using strata::on_finding;
using strata::watched_resource;

[[gnu::noinline]] void asks_for(std::pmr::memory_resource& memory, std::size_t bytes) {
    memory.deallocate(memory.allocate(bytes, 8), bytes, 8);
}

// A source that forgets to tell.
class silent_source : public strata::allocation_source {
    void allocate_and_free_a_byte() override {}
};

// What a replaced operator new will be, without replacing it.
class pretended_operator_new : public strata::allocation_source {
public:
    pretended_operator_new() { strata::detail::global_allocation_source = this; }
    ~pretended_operator_new() { strata::detail::global_allocation_source = nullptr; }
    void allocate(std::size_t bytes) { tell_watchers({bytes, 16}); }

private:
    void allocate_and_free_a_byte() override { allocate(1); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(within_the_budget_nothing_is_said) {
    const tests::misuse_recorder misuses;
    watched_resource memory;
    {
        const allocation_budget few{memory, {.blocks = 2, .bytes = 48}};
        asks_for(memory, 24);
        asks_for(memory, 24);
        BOOST_TEST(few.ok());
        BOOST_TEST(few.message().empty());
        BOOST_TEST(few.blocks() == 2u);
        BOOST_TEST(few.bytes() == 48u);
    }
    BOOST_TEST(misuses.count() == 0u);
}

BOOST_AUTO_TEST_CASE(the_first_block_too_many_is_named) {
    const tests::misuse_recorder misuses;
    watched_resource memory;
    const int line = __LINE__ + 2;
    {
        const allocation_budget few{memory, {.blocks = 1}};
        asks_for(memory, 24);
        asks_for(memory, 48);
        asks_for(memory, 96);
        BOOST_TEST(!few.ok());
    }
    BOOST_TEST_REQUIRE(misuses.count() == 1u);
    const std::string& message = misuses.messages().front();
    BOOST_TEST_CONTEXT(message) {
        BOOST_TEST(message.starts_with("allocation_budget (" + std::string{__FILE__} + ":" +
                                       std::to_string(line) +
                                       "): 3 blocks of 168 bytes in total were asked for, allowed "
                                       "were 1 blocks; the first too many is one of 48 bytes "
                                       "aligned to 8\n    at "));
        BOOST_TEST(message.find("at allocation_budget_test::asks_for") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(bytes_are_limited_too) {
    watched_resource memory;
    const allocation_budget few{memory, {.bytes = 100, .at_end = on_finding::ignore}};
    asks_for(memory, 100);
    BOOST_TEST(few.ok());
    asks_for(memory, 1);
    BOOST_TEST(!few.ok());
    BOOST_TEST(few.message().find("allowed were 100 bytes; the first too many is one of 1 bytes") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_refused_was_asked_for_as_well) {
    strata::fixed_buffer_resource<64> buffer;
    watched_resource memory{&buffer};
    const allocation_budget few{memory, {.bytes = 100, .at_end = on_finding::ignore}};
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    BOOST_CHECK_THROW(asks_for(memory, most), std::bad_alloc);
    BOOST_CHECK_THROW(asks_for(memory, most), std::bad_alloc);
    BOOST_TEST(!few.ok());
    BOOST_TEST(few.blocks() == 2u);
    BOOST_TEST(few.bytes() == most);
}

BOOST_AUTO_TEST_CASE(no_allocations_allows_none) {
    watched_resource memory;
    const no_allocations none{memory, {.blocks = 7, .at_end = on_finding::ignore}};
    BOOST_TEST(none.ok());
    asks_for(memory, 0);
    BOOST_TEST(!none.ok());
    BOOST_TEST(none.message().starts_with("no_allocations (" + std::string{__FILE__}));
}

BOOST_AUTO_TEST_CASE(the_handler_may_be_another) {
    static std::string heard;
    watched_resource memory;
    {
        const no_allocations none{
            memory, {.handler = [](const char* message) noexcept { heard = message; }}};
        asks_for(memory, 8);
    }
    BOOST_TEST(heard.starts_with("no_allocations"));
}

BOOST_AUTO_TEST_CASE(budgets_nest_and_do_not_count_each_others_trial) {
    strata::checking_resource upstream;
    watched_resource memory{&upstream};
    const no_allocations outer{memory, {.at_end = on_finding::ignore}};
    {
        const allocation_budget inner{memory, {.blocks = 1}};
        BOOST_TEST(outer.ok());
        asks_for(memory, 8);
        BOOST_TEST(inner.ok());
        BOOST_TEST(inner.blocks() == 1u);
    }
    BOOST_TEST(outer.blocks() == 1u);
    BOOST_TEST(!outer.ok());
    BOOST_TEST(upstream.allocations() == 3u);  // each trial is a real one
    BOOST_TEST(upstream.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(a_budget_that_would_count_nothing_fails) {
    silent_source silent;
    const no_allocations none{silent, {.at_end = on_finding::ignore}};
    BOOST_TEST(!none.ok());
    BOOST_TEST(none.message().find("was not told of the allocation that it made to try itself") !=
               std::string::npos);

    strata::fixed_buffer_resource<0> nothing;
    watched_resource memory{&nothing};
    BOOST_CHECK_THROW((void)nothing.allocate(1), std::bad_alloc);
    const no_allocations untried{memory, {.at_end = on_finding::ignore}};
    BOOST_TEST(!untried.ok());
    BOOST_TEST(untried.message().find("was refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(operator_new_is_watched_once_something_tells_of_it) {
    const no_allocations blind{strata::through_operator_new, {.at_end = on_finding::ignore}};
    BOOST_TEST(!blind.ok());
    BOOST_TEST(blind.message().find("nothing tells of operator new") != std::string::npos);

    pretended_operator_new all;
    const no_allocations none{strata::through_operator_new, {.at_end = on_finding::ignore}};
    BOOST_TEST(none.ok());
    {
        const strata::allocation_source::pause unseen;
        all.allocate(16);
    }
    BOOST_TEST(none.ok());
    all.allocate(16);
    BOOST_TEST(!none.ok());
    const allocation_budget few{strata::through_operator_new, {.blocks = 1}};
    all.allocate(16);
    BOOST_TEST(few.ok());
}

BOOST_AUTO_TEST_CASE(other_threads_count_only_where_asked_for) {
    watched_resource memory;
    const no_allocations mine{memory};
    const allocation_budget of_all{
        memory,
        {.blocks = 3999, .whose = strata::stats_scope::threads::all, .at_end = on_finding::ignore}};
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) {
        thread = std::thread{[&memory] {
            for (int i = 0; i != 1000; ++i) {
                asks_for(memory, 8);
                const allocation_budget own{memory, {.blocks = 0}};
            }
        }};
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(mine.ok());
    BOOST_TEST(of_all.blocks() == 4000u);
    BOOST_TEST(!of_all.ok());
}

BOOST_AUTO_TEST_CASE(is_a_layer_of_a_stack) {
    strata::stack memory{strata::watched{}, strata::heap{}};
    const no_allocations none{memory.get<strata::watched>(), {.at_end = on_finding::ignore}};
    std::pmr::vector<int> numbers{&memory};
    numbers.push_back(1);
    BOOST_TEST(!none.ok());
    BOOST_TEST(memory.name() == "watched");
}

BOOST_AUTO_TEST_SUITE_END()
