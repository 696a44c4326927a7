// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <array>
#include <cstdint>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tool/advise/habits.hpp"

namespace {

namespace trace = strata::tool::trace;
using strata::tool::advise::deaths_together;
using strata::tool::advise::habits;
using strata::tool::advise::site_habits;

/// A program, told event by event. Threads and call sites are numbers.
class program {
public:
    std::uint64_t allocate(std::uint32_t site, std::uint64_t size = 16, std::uint32_t thread = 1) {
        add(trace::event_kind::allocate, thread, next_, size, site);
        return next_++;
    }
    void free(std::uint64_t block, std::uint32_t thread = 1) {
        add(trace::event_kind::deallocate, thread, block);
    }
    void release() { add(trace::event_kind::release, 1, 0); }
    void reallocate(std::uint64_t block, std::uint64_t size, std::uint32_t site) {
        add(trace::event_kind::reallocate, 1, block, size, site);
    }
    const habits& end() {
        seen_.finish();
        return seen_;
    }
    site_habits of(std::uint32_t site) { return end().by_site().at(site); }

private:
    void add(trace::event_kind kind, std::uint32_t thread, std::uint64_t block,
             std::uint64_t size = 0, std::uint32_t site = 0) {
        trace::event next;
        next.kind = kind;
        next.thread = thread;
        next.block = block;
        next.size = size;
        next.site = site;
        seen_.add(next);
    }

    habits seen_;
    std::uint64_t next_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(habits_test)

BOOST_AUTO_TEST_CASE(blocks_that_are_freed_in_one_go_are_a_group) {
    program tree;
    for (int round = 0; round != 3; ++round) {
        std::vector<std::uint64_t> blocks;
        for (std::uint32_t site : {7, 5, 5, 7, 5}) {
            blocks.push_back(tree.allocate(site, 100));
        }
        for (const std::uint64_t each : blocks) {
            tree.free(each);
        }
    }
    const auto groups = tree.end().groups();
    BOOST_TEST_REQUIRE(groups.size() == 1);
    BOOST_TEST(groups.begin()->first == (std::vector<std::uint32_t>{5, 7}),
               boost::test_tools::per_element());
    BOOST_TEST(groups.begin()->second.groups == 3);
    BOOST_TEST(groups.begin()->second.blocks == 15);
    BOOST_TEST(groups.begin()->second.largest == 500);
}

// Its nodes are freed in another order than they were made in.
BOOST_AUTO_TEST_CASE(a_large_tree_dies_as_one_group) {
    program tree;
    constexpr std::uint64_t nodes = 200'000;
    for (std::uint64_t i = 0; i != nodes; ++i) {
        tree.allocate(1, 10);
    }
    for (std::uint64_t i = 0; i != nodes; ++i) {
        tree.free(i * 7919 % nodes);
    }
    const auto groups = tree.end().groups();
    BOOST_TEST_REQUIRE(groups.size() == 1);
    BOOST_TEST(groups.begin()->second.groups == 1);
    BOOST_TEST(groups.begin()->second.blocks == nodes);
    BOOST_TEST(groups.begin()->second.largest == 10 * nodes);
}

BOOST_AUTO_TEST_CASE(what_a_resource_releases_is_not_left) {
    program arena;
    for (int i = 0; i != 80; ++i) {
        arena.allocate(1, 10);
    }
    arena.release();
    BOOST_TEST(arena.of(1).left_bytes == 0);
}

// As those of a cache, which are of different ages.
BOOST_AUTO_TEST_CASE(blocks_from_far_apart_are_none) {
    program cache;
    std::vector<std::uint64_t> old;
    for (int i = 0; i != 100; ++i) {
        const std::uint64_t block = cache.allocate(1);
        if (i % 10 == 0) {
            old.push_back(block);
        }
    }
    for (const std::uint64_t each : old) {
        cache.free(each);
    }
    BOOST_TEST(cache.end().groups().empty());
}

BOOST_AUTO_TEST_CASE(blocks_freed_one_by_one_are_none) {
    program busy;
    for (int i = 0; i != 100; ++i) {
        busy.free(busy.allocate(1));
    }
    BOOST_TEST(busy.end().groups().empty());
}

BOOST_AUTO_TEST_CASE(a_vector_grows) {
    program fills;
    for (int round = 0; round != 2; ++round) {
        std::uint64_t block = fills.allocate(3, 16);
        for (std::uint64_t size = 32; size <= 1024; size *= 2) {
            const std::uint64_t larger = fills.allocate(3, size);
            fills.free(block);
            block = larger;
        }
        fills.free(block);
    }
    const site_habits does = fills.of(3);
    BOOST_TEST(does.grown == 2);
    BOOST_TEST(does.copies == 12);
    BOOST_TEST(does.copied_bytes == 2 * (16 + 32 + 64 + 128 + 256 + 512));
    BOOST_TEST(does.largest_grown == 1024);
}

BOOST_AUTO_TEST_CASE(a_block_that_is_reallocated_grows) {
    program fills;
    const std::uint64_t block = fills.allocate(3, 100);
    fills.reallocate(block, 200, 4);
    fills.reallocate(block, 150, 4);
    fills.reallocate(block, 300, 4);
    const site_habits does = fills.of(4);
    BOOST_TEST(does.grown == 1);
    BOOST_TEST(does.reallocations == 2);
    BOOST_TEST(does.copies == 0);
    BOOST_TEST(does.copied_bytes == 0);
}

// Another size class, another call site, a smaller one, or two frees for one new block.
BOOST_AUTO_TEST_CASE(what_only_looks_like_growth_is_none) {
    program busy;
    const std::uint64_t one = busy.allocate(1, 16);
    const std::uint64_t other = busy.allocate(1, 16);
    busy.allocate(1, 1000);
    busy.free(one);
    busy.allocate(2, 32);
    busy.free(other);
    BOOST_TEST(busy.of(1).copies == 0);
    BOOST_TEST(busy.of(2).copies == 0);

    program twice;
    const std::uint64_t left = twice.allocate(1, 16);
    const std::uint64_t right = twice.allocate(1, 16);
    const std::uint64_t larger = twice.allocate(1, 32);
    twice.free(left);
    twice.free(right);
    twice.free(larger);
    BOOST_TEST(twice.of(1).copies == 1);
}

BOOST_AUTO_TEST_CASE(what_another_thread_frees_is_counted) {
    program hands_over;
    for (int i = 0; i != 10; ++i) {
        hands_over.free(hands_over.allocate(1, 16, 1), i < 7 ? 2 : 1);
    }
    BOOST_TEST(hands_over.of(1).freed_elsewhere == 7);
    BOOST_TEST(hands_over.end().frees() == 10);
}

BOOST_AUTO_TEST_CASE(what_is_left_is_counted_by_quarters) {
    program leaks;
    for (int i = 0; i != 80; ++i) {
        const std::uint64_t block = leaks.allocate(1, 10);
        if (i % 4 != 0) {
            leaks.free(block);
        }
    }
    const site_habits does = leaks.of(1);
    BOOST_TEST(does.left == (std::array<std::uint64_t, 4>{5, 5, 5, 5}),
               boost::test_tools::per_element());
    BOOST_TEST(does.left_bytes == 200);
}

BOOST_AUTO_TEST_CASE(the_common_size_is_that_of_most_blocks) {
    strata::tool::advise::common_size sizes;
    for (int i = 0; i != 10; ++i) {
        sizes.add(i < 8 ? 40 : 100);
    }
    BOOST_TEST(sizes.get() == 40);
    BOOST_TEST(sizes.lead() == 6);
}

BOOST_AUTO_TEST_SUITE_END()
