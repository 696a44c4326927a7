// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include <strata/strategies/detail/unrolled_free_list.hpp>

#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(unrolled_free_list_test)

using strata::detail::unrolled_free_list;
namespace data = boost::unit_test::data;

namespace {

constexpr std::size_t count = 1000;
constexpr auto block_sizes = std::to_array<std::size_t>({16, 24, 32, 56, 64, 72, 1024});

// Memory for `count` blocks of a size.
struct blocks_of {
    explicit blocks_of(std::size_t size)
        : block_size{size}, memory{std::make_unique<std::byte[]>(count * size)} {}

    [[nodiscard]] void* operator[](std::size_t index) const {
        return memory.get() + index * block_size;
    }

    std::size_t block_size;
    std::unique_ptr<std::byte[]> memory;
};

}  // namespace

BOOST_DATA_TEST_CASE(gives_each_block_once, data::make(block_sizes), size) {
    const blocks_of blocks{size};
    unrolled_free_list free{};
    std::set<void*> in;
    tests::random dice{size};
    for (std::size_t i = 0; i != 20 * count; ++i) {
        void* block = blocks[dice.below(count)];
        // Now growing, now shrinking, so that holders of blocks come and go.
        const bool grows = i / count % 2 == 0 ? dice.below(4) != 0 : dice.below(4) == 0;
        if (grows && in.insert(block).second) {
            free.push(block, size);
        } else if (!grows && !free.empty()) {
            BOOST_TEST_REQUIRE(in.erase(free.pop()) == 1u);
        }
        BOOST_TEST_REQUIRE(free.empty() == in.empty());
        if (i % 100 == 0) {
            BOOST_TEST_REQUIRE(free.size() == in.size());
        }
    }
}

BOOST_DATA_TEST_CASE(the_newest_come_first, data::make(block_sizes), size) {
    const blocks_of blocks{size};
    unrolled_free_list free{};
    for (std::size_t i = 0; i != count; ++i) {
        free.push(blocks[i], size);
    }
    // A holder goes after those that it holds, so a block may be late by these, at most seven.
    for (std::size_t i = count; i-- != 0;) {
        const auto offset = static_cast<std::byte*>(free.pop()) - blocks.memory.get();
        const auto index = static_cast<std::size_t>(offset) / size;
        BOOST_TEST_REQUIRE(index <= i + 1);
        BOOST_TEST_REQUIRE(index + 7 >= i);
    }
    BOOST_TEST(free.empty());
}

BOOST_AUTO_TEST_CASE(seven_blocks_of_eight_are_not_touched) {
    const blocks_of blocks{64};
    unrolled_free_list free{};
    for (std::size_t i = 0; i != count; ++i) {
        free.push(blocks[i], 64);
    }
    std::size_t untouched = 0;
    for (std::size_t i = 0; i != count; ++i) {
        const auto* begin = static_cast<const std::byte*>(blocks[i]);
        untouched += std::all_of(begin, begin + 64, [](std::byte b) { return b == std::byte{}; });
    }
    BOOST_TEST(untouched == count / 8 * 7);
}

BOOST_AUTO_TEST_SUITE_END()
