// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/adaptors/all.hpp>
#include <strata/compose/shared_resource.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(shared_resource_test)

using strata::shared_resource;
using tests::upstream;

static_assert(sizeof(shared_resource) == sizeof(void*));
static_assert(std::is_nothrow_copy_constructible_v<shared_resource>);
static_assert(std::is_nothrow_move_constructible_v<shared_resource>);
static_assert(!std::is_default_constructible_v<shared_resource>);
static_assert(!std::convertible_to<const char*, shared_resource>);

BOOST_FIXTURE_TEST_CASE(the_last_of_several_handles_ends_the_layers, upstream) {
    std::optional<shared_resource> first{std::in_place, strata::stats{}, strata::arena{}, &below};
    (void)first->get()->allocate(100);
    std::optional<shared_resource> second{*first};
    BOOST_TEST((*second == *first));
    first.reset();
    BOOST_TEST(below.live_blocks() == 1u);
    (void)(*second)->allocate(100);
    second.reset();
    BOOST_TEST(below.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(a_text_makes_the_same_layers_as_descriptions) {
    const shared_resource of_text{"stats > pool > arena"};
    const shared_resource of_descriptions{strata::stats{}, strata::pool{}, strata::arena{}};
    for (const shared_resource& each : {of_text, of_descriptions}) {
        void* const block = each->allocate(100);
        const auto* const counted = strata::find<strata::stats_source>(*each);
        BOOST_REQUIRE(counted != nullptr);
        BOOST_TEST(counted->snapshot().live_bytes == 100);
        each->deallocate(block, 100);
    }
    BOOST_CHECK_THROW(shared_resource{"pool > nonsense"}, strata::strategy_error);
}

BOOST_FIXTURE_TEST_CASE(a_built_strategy_moves_into_a_handle, upstream) {
    strata::built_strategy built = strata::strategy::parse("arena").build(&below);
    strata::resource* const whole = &built;
    const shared_resource memory{std::move(built)};
    BOOST_TEST(memory.get() == whole);
    BOOST_TEST(&*memory == whole);
    (void)memory->allocate(100);
    BOOST_TEST(below.live_blocks() == 1u);
}

BOOST_FIXTURE_TEST_CASE(assignment_ends_what_the_target_alone_owned, upstream) {
    shared_resource one{strata::arena{}, &below};
    (void)one->allocate(100);
    const shared_resource other{strata::arena{}};
    shared_resource& same = one;
    one = same;
    BOOST_TEST(below.live_blocks() == 1u);
    BOOST_TEST((one != other));
    one = other;
    BOOST_TEST(below.live_blocks() == 0u);
    BOOST_TEST((one == other));
}

BOOST_FIXTURE_TEST_CASE(an_address_alone_is_a_resource_as_in_a_stack, upstream) {
    const shared_resource memory{&below};
    void* const block = memory->allocate(100);
    BOOST_TEST(below.live_blocks() == 1u);
    memory->deallocate(block, 100);
}

BOOST_AUTO_TEST_CASE(a_handle_that_was_moved_from_still_owns_the_resource) {
    shared_resource one{strata::arena{}};
    const shared_resource other{std::move(one)};
    BOOST_TEST((one == other));
    BOOST_TEST(one->allocate(100) != nullptr);
}

BOOST_AUTO_TEST_CASE(heaps_that_are_equal_as_resources_are_not_the_same_shared_resource) {
    const shared_resource one{strata::heap{}};
    const shared_resource other{strata::heap{}};
    BOOST_TEST((one != other));
}

// Under the thread sanitizer, too.
BOOST_FIXTURE_TEST_CASE(handles_of_several_threads_end_the_layers_once, upstream) {
    for (int round = 0; round != 50; ++round) {
        std::vector<std::jthread> threads;
        {
            const shared_resource memory{strata::stats{}, strata::synchronized{}, strata::arena{},
                                         &below};
            for (int i = 0; i != 4; ++i) {
                threads.emplace_back([memory] {
                    const shared_resource own{memory};
                    (void)own->allocate(100);
                });
            }
        }
        threads.clear();
        BOOST_TEST(below.live_blocks() == 0u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
