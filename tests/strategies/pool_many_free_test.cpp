// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Classes that have so many free blocks that the pool keeps them in another way.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/boost_test_print.hpp>

#include "support/asan.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(pool_many_free_test)

using strata::pool;
using strata::pool_resource;
using tests::upstream;
namespace utf = boost::unit_test;
namespace data = utf::data;

namespace {

constexpr std::size_t many = 5'000;

// Blocks of one size, each filled with its own number.
struct numbered_blocks {
    numbered_blocks(pool_resource& pool, std::size_t size) : memory{pool}, bytes{size} {}

    void grow_to(std::size_t count) {
        while (live.size() < count) {
            auto* block = static_cast<std::byte*>(memory.allocate(bytes, 8));
            std::memset(block, number_of(block), bytes);
            live.push_back(block);
        }
    }
    void free_last() {
        const std::byte* block = live.back();
        intact = intact && std::all_of(block, block + bytes, [&](std::byte each) {
                     return each == static_cast<std::byte>(number_of(block));
                 });
        memory.deallocate(live.back(), bytes, 8);
        live.pop_back();
    }
    void shrink_to(std::size_t count) {
        std::ranges::shuffle(live, dice);
        while (live.size() > count) {
            free_last();
        }
    }
    static int number_of(const void* block) {
        return static_cast<int>(reinterpret_cast<std::uintptr_t>(block) / 8 % 251);
    }

    pool_resource& memory;
    std::size_t bytes;
    std::vector<std::byte*> live;
    std::mt19937 dice{1};
    bool intact = true;
};

constexpr auto block_sizes = std::to_array<std::size_t>({8, 16, 24, 40, 64, 200, 1200});

}  // namespace

BOOST_DATA_TEST_CASE(blocks_freed_in_no_order_serve_again, data::make(block_sizes), size) {
    upstream checked;
    pool_resource memory{&checked.below};
    numbered_blocks blocks{memory, size};
    blocks.grow_to(many);
    const std::size_t requests = checked.below.requests().size();
    for (int round = 0; round != 3; ++round) {
        blocks.shrink_to(0);
        BOOST_TEST(memory.usage().live_blocks.value() == 0u);
        blocks.grow_to(many);
        const std::set<std::byte*> distinct{blocks.live.begin(), blocks.live.end()};
        BOOST_TEST(distinct.size() == many);
        BOOST_TEST(memory.usage().live_blocks.value() == many);
    }
    BOOST_TEST(checked.below.requests().size() == requests);
    BOOST_TEST(blocks.intact);
}

// First few are free at a time, then very many, then few: the pool changes its ways twice.
BOOST_DATA_TEST_CASE(no_block_is_lost_where_few_are_free_at_a_time, data::make(block_sizes), size) {
    upstream checked;
    pool_resource memory{&checked.below};
    numbered_blocks blocks{memory, size};
    tests::random dice{size};
    blocks.grow_to(many);
    for (const std::size_t least : {many - 10, std::size_t{0}, many - 10}) {
        for (std::size_t frees = 0; frees < many;) {
            const std::size_t before = blocks.live.size();
            blocks.shrink_to(dice.between(least, before));
            frees += before - blocks.live.size();
            BOOST_TEST_REQUIRE(memory.usage().live_blocks.value() == blocks.live.size());
            blocks.grow_to(many);
        }
    }
    blocks.shrink_to(0);
    BOOST_TEST(blocks.intact);
    memory.trim();
    BOOST_TEST(checked.below.live_blocks() == 0u);
}

BOOST_DATA_TEST_CASE(trim_finds_free_blocks_wherever_they_are, data::make(block_sizes), size) {
    upstream checked;
    // Of one size, so that it makes no difference which of them has the lowest address.
    pool_resource memory{pool{.first_chunk = 4096, .largest_chunk = 4096}, &checked.below};
    numbered_blocks blocks{memory, size};
    blocks.grow_to(2 * many);
    const std::size_t most = checked.below.live_bytes();
    // The newest chunks become wholly free, and the others keep some free blocks too.
    while (blocks.live.size() > many / 10) {
        blocks.free_last();
    }
    blocks.shrink_to(many / 20);
    memory.trim();
    BOOST_TEST(checked.below.live_bytes() < most / 2);
    BOOST_TEST(memory.usage().live_blocks.value() == many / 20);
    blocks.grow_to(many);
    BOOST_TEST(blocks.intact);
    blocks.shrink_to(0);
    memory.trim();
    BOOST_TEST(checked.below.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(release_forgets_them) {
    upstream checked;
    pool_resource memory{&checked.below};
    for (int round = 0; round != 2; ++round) {
        numbered_blocks blocks{memory, 64};
        blocks.grow_to(many);
        blocks.shrink_to(many / 2);
        memory.release();
        BOOST_TEST(checked.below.live_blocks() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(they_are_poisoned, *utf::enable_if<tests::asan>()) {
    pool_resource memory;
    numbered_blocks blocks{memory, 64};
    blocks.grow_to(many);
    const std::vector<std::byte*> freed = blocks.live;
    blocks.shrink_to(0);
    BOOST_TEST(std::ranges::all_of(freed, [](auto* block) { return tests::is_poisoned(block); }));
    auto* block = static_cast<std::byte*>(memory.allocate(60, 1));
    BOOST_TEST(!tests::is_poisoned(block + 59));
    BOOST_TEST(tests::is_poisoned(block + 60));
}

BOOST_AUTO_TEST_SUITE_END()
