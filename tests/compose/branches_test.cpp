// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <strata/adaptors/limit_resource.hpp>
#include <strata/adaptors/stats_resource.hpp>
#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/compose/branches.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/forwarding.hpp"

BOOST_AUTO_TEST_SUITE(branches_test)

namespace {

using checking = strata::checking_resource;

// The tree as one line: a(b c(d)).
std::string tree_of(const std::pmr::memory_resource& memory) {
    std::string text;
    std::size_t depth = 0;
    const strata::described_tree tree = strata::describe(memory);
    for (const strata::described_layer& layer : tree.layers) {
        if (layer.depth > depth) {
            text += '(';
        } else if (!text.empty()) {
            text += std::string(depth - layer.depth, ')') + ' ';
        }
        depth = layer.depth;
        text += layer.name;
    }
    return text + std::string(depth, ')');
}

}  // namespace

static_assert(strata::branch{strata::pool{}, strata::heap{}} ==
              strata::branch{strata::pool{}, strata::heap{}});
static_assert(strata::branch{strata::pool{}} != strata::branch{strata::pool{.first_chunk = 1}});
static_assert(strata::fallback{strata::limit{}, strata::heap{}} ==
              strata::fallback{strata::limit{}, strata::heap{}});
static_assert(strata::segregator{strata::up_to{1}, strata::heap{}, strata::heap{}} !=
              strata::segregator{strata::up_to{2}, strata::heap{}, strata::heap{}});
static_assert(strata::description_of_branch<strata::branch<strata::pool, strata::heap>>);
static_assert(strata::description_of_branch<std::pmr::memory_resource*>);
static_assert(!strata::description_of_branch<int>);

BOOST_AUTO_TEST_CASE(a_branch_is_a_description_a_pointer_or_a_chain) {
    checking mine;
    strata::stack memory{strata::stats{},
                         strata::fallback{strata::fixed_buffer<64>{},
                                          strata::branch{strata::limit{.bytes = 100}, &mine},
                                          strata::pool{}}};
    BOOST_TEST(tree_of(memory) == "stats(fallback(fixed_buffer limit(checking) pool(heap)))");
    void* first = memory.allocate(64);
    void* second = memory.allocate(100);
    void* third = memory.allocate(30);
    BOOST_TEST(mine.live_bytes() == 100u);
    BOOST_TEST(memory.get<1>().get<0>().owns(first) == strata::ownership::yes);
    BOOST_TEST(memory.get<1>().get<1>().usage().live_bytes.value() == 100u);
    BOOST_TEST((&memory.get<1>().get<1, 1>() == &mine));
    BOOST_TEST(memory.get<1>().get<2>().owns(third) == strata::ownership::yes);
    BOOST_TEST(memory.get<strata::stats>().snapshot().live_blocks == 3);
    memory.deallocate(second, 100);
    memory.deallocate(third, 30);
    memory.deallocate(first, 64);
    BOOST_TEST(mine.live_blocks() == 0u);
    BOOST_TEST(memory.get<1>().get<0>().usage().live_blocks.value() == 0u);
}

BOOST_AUTO_TEST_CASE(the_types_of_branches_are_known) {
    strata::pool_resource mine;
    strata::stack memory{strata::fallback{strata::fixed_buffer<64>{}, strata::limit{}, &mine,
                                          strata::branch{&mine}}};
    auto& fallback = memory.get<0>();
    static_assert(std::is_same_v<decltype(fallback.get<0>()), strata::fixed_buffer_resource<64>&>);
    static_assert(std::is_same_v<decltype(fallback.get<1>()),
                                 strata::limit_resource<strata::heap_resource>&>);
    static_assert(std::is_same_v<decltype(fallback.get<1, 1>()), strata::heap_resource&>);
    static_assert(std::is_same_v<decltype(fallback.get<2>()), strata::pool_resource&>);
    static_assert(std::is_same_v<decltype(fallback.get<3>()), strata::pool_resource&>);
    BOOST_TEST(&fallback.get<2>() == &mine);
    using expected =
        strata::fallback_resource<strata::fixed_buffer_resource<64>,
                                  strata::limit_resource<strata::heap_resource>,
                                  strata::pool_resource, strata::pool_resource>;
    static_assert(std::is_base_of_v<expected, std::remove_reference_t<decltype(fallback)>>);
}

BOOST_AUTO_TEST_CASE(a_segregator_has_a_branch_more_than_bounds) {
    checking small;
    checking large;
    strata::stack memory{strata::segregator{strata::up_to{64}, &small, &large}};
    void* one = memory.allocate(64);
    void* other = memory.allocate(65);
    BOOST_TEST(small.live_bytes() == 64u);
    BOOST_TEST(large.live_bytes() == 65u);
    memory.deallocate(one, 64);
    memory.deallocate(other, 65);
    BOOST_TEST(memory.get<0>().bounds()[0] == 64u);

    strata::stack by_alignment{strata::segregator{strata::alignment_up_to{16}, &small, &large}};
    one = by_alignment.allocate(1, 32);
    BOOST_TEST(large.live_bytes() == 1u);
    by_alignment.deallocate(one, 1, 32);
}

BOOST_AUTO_TEST_CASE(bounds_that_do_not_ascend_are_refused) {
    const strata::segregator wrong{strata::up_to{2, 1}, strata::pool{}, strata::heap{},
                                   strata::heap{}};
    BOOST_CHECK_THROW(strata::stack{wrong}, std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(branches_have_branches) {
    checking mine;
    strata::stack memory{
        strata::synchronized{},
        strata::segregator{
            strata::up_to{64, 4096}, strata::branch{strata::pool{}, strata::fixed_buffer<4096>{}},
            strata::fallback{
                strata::branch{strata::limit{.blocks = 1}, strata::arena{}, &mine},
                strata::branch{strata::stats{}, strata::segregator{strata::alignment_up_to{8},
                                                                   strata::heap{}, &mine}}},
            &mine}};
    BOOST_TEST(tree_of(memory) ==
               "synchronized(segregator(pool(fixed_buffer) fallback(limit(arena(checking)) "
               "stats(segregator(heap checking))) checking))");
    auto& fallback = memory.get<1>().get<1>();
    BOOST_TEST(fallback.marks_blocks());  // both branches draw from `mine`
    {
        std::pmr::vector<std::pmr::string> words{&memory};
        for (std::size_t i = 0; i != 200; ++i) {
            words.emplace_back(i, 'x');
        }
        BOOST_TEST(fallback.get<1>().snapshot().live_blocks > 0);
        BOOST_TEST((&fallback.get<1, 1>().get<1>() == &mine));
    }
    BOOST_TEST(fallback.get<1>().snapshot().live_blocks == 0);
}

BOOST_AUTO_TEST_CASE(a_branch_may_be_the_end_of_a_stack) {
    strata::stack memory{strata::stats{},
                         strata::branch{strata::pool{}, strata::fixed_buffer<64>{}}};
    BOOST_TEST(tree_of(memory) == "stats(pool(fixed_buffer))");
}

BOOST_AUTO_TEST_CASE(a_description_makes_any_number_of_stacks) {
    const strata::fallback description{strata::fixed_buffer<64>{}, strata::heap{}};
    strata::stack one{description};
    strata::stack other{description};
    void* block = one.allocate(64);
    BOOST_TEST(one.get<0>().get<0>().owns(block) == strata::ownership::yes);
    BOOST_TEST(other.get<0>().get<0>().owns(block) == strata::ownership::no);
    one.deallocate(block, 64);
}

BOOST_AUTO_TEST_CASE(a_single_branch_changes_nothing) {
    checking mine;
    strata::stack fallback{strata::fallback{&mine}};
    tests::check_forwarding(fallback, mine);
    strata::stack described{strata::fallback{strata::limit{.bytes = 10}}};
    BOOST_TEST(tree_of(described) == "fallback(limit(heap))");
}

BOOST_AUTO_TEST_CASE(what_branches_hold_goes_back_at_the_end) {
    checking mine;
    {
        strata::stack memory{strata::fallback{strata::branch{strata::pool{}, &mine},
                                              strata::branch{strata::arena{}, &mine}}};
        BOOST_TEST(memory.get<0>().marks_blocks());
        (void)memory.allocate(100);
        mine.fail_at(1);
        (void)memory.allocate(10'000);
        BOOST_TEST(mine.live_blocks() == 2u);
    }
    BOOST_TEST(mine.live_blocks() == 0u);
    BOOST_TEST(mine.errors().empty());
}

BOOST_AUTO_TEST_CASE(a_stack_and_a_layer_of_its_own_are_told_apart_by_marks) {
    strata::stack whole{strata::pool{}, strata::limit{.bytes = 16384}};
    strata::arena_resource inside{strata::arena{.first_chunk = 2048}, &whole.get<0>()};
    strata::fallback_resource memory{static_cast<std::pmr::memory_resource*>(&whole),
                                     static_cast<std::pmr::memory_resource*>(&inside)};
    BOOST_TEST(memory.marks_blocks());
}

BOOST_AUTO_TEST_SUITE_END()
