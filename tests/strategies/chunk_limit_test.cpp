// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// `max_blocks_per_chunk`, of both pools: for every size that a chunk serves, not only for the one
// that it was taken for.
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>
#include <utility>
#include <vector>

#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(chunk_limit_test)

namespace {

using pools = boost::mpl::list<strata::pool_resource, strata::concurrent_pool_resource>;

// Remembers what it gave.
class recording_upstream : public std::pmr::memory_resource {
public:
    // Where the block is in which an address lies.
    [[nodiscard]] const std::byte* around(const void* address) const {
        const auto* at = static_cast<const std::byte*>(address);
        for (const auto& [begin, bytes] : given_) {
            if (!std::less<>{}(at, begin) && std::less<>{}(at, begin + bytes)) {
                return begin;
            }
        }
        return nullptr;
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        given_.emplace_back(static_cast<std::byte*>(block), bytes);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        std::erase_if(given_, [&](const auto& each) { return each.first == block; });
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::vector<std::pair<const std::byte*, std::size_t>> given_;
};

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(no_chunk_holds_more_blocks_of_a_size_than_it_may, pool, pools) {
    for (const std::size_t most : {1, 2, 3, 8, 50}) {
        for (const std::size_t largest : {64, 1024, 16384}) {
            recording_upstream below;
            pool memory{std::pmr::pool_options{.max_blocks_per_chunk = most,
                                               .largest_required_pool_block = largest},
                        &below};
            BOOST_TEST(memory.options().max_blocks_per_chunk == most);
            tests::random random{most};
            std::map<std::pair<const std::byte*, std::size_t>, std::size_t> blocks;
            std::size_t worst = 0;
            for (int i = 0; i != 600; ++i) {
                const std::size_t size = std::size_t{16} << random.below(11);
                if (size <= largest) {
                    const void* const block = memory.allocate(size, 8);
                    worst = std::max(worst, ++blocks[{below.around(block), size}]);
                }
            }
            BOOST_TEST_CONTEXT("most " << most << ", largest block " << largest) {
                BOOST_TEST(worst <= most);
                BOOST_TEST(worst > 0u);
            }
        }
    }
}

// The class of 64 bytes, as small as the first chunk.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_first_chunk_is_no_exception, pool, pools) {
    recording_upstream below;
    pool memory{
        std::pmr::pool_options{.max_blocks_per_chunk = 8, .largest_required_pool_block = 64},
        &below};
    std::map<const std::byte*, std::size_t> blocks;
    for (int i = 0; i != 100; ++i) {
        BOOST_TEST(++blocks[below.around(memory.allocate(64, 8))] <= 8u);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(options_tell_the_limit_that_is_in_force, pool, pools) {
    const pool unlimited{
        std::pmr::pool_options{.max_blocks_per_chunk = SIZE_MAX, .largest_required_pool_block = 8}};
    // What a chunk of 1 MiB has room for.
    BOOST_TEST(unlimited.options().max_blocks_per_chunk <= 131'072u);
    BOOST_TEST(unlimited.options().max_blocks_per_chunk >= 65'536u);
    const pool usual{std::pmr::pool_options{}};
    BOOST_TEST(usual.options().max_blocks_per_chunk == pool{}.options().max_blocks_per_chunk);
}

BOOST_AUTO_TEST_SUITE_END()
