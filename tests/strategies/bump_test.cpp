// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#include <strata/strategies/detail/bump.hpp>

BOOST_AUTO_TEST_SUITE(bump_test)

using strata::detail::bump_position;
namespace data = boost::unit_test::data;

namespace {

struct some_memory {
    alignas(64) std::array<std::byte, 256> bytes;
    std::byte* const begin = bytes.data();
    std::byte* const end = begin + bytes.size();
    void* block = nullptr;
};

constexpr std::size_t highest_bit = ~(SIZE_MAX >> 1);

}  // namespace

BOOST_FIXTURE_TEST_CASE(is_the_address_that_it_was_made_of, some_memory) {
    for (const std::size_t at : {0, 1, 7, 8, 255, 256}) {
        BOOST_TEST(static_cast<std::byte*>(bump_position{begin + at}) == begin + at);
    }
    BOOST_TEST(static_cast<std::byte*>(bump_position{nullptr}) == nullptr);
}

// A position that is aligned already is not moved; one byte more, and it moves a whole alignment.
BOOST_FIXTURE_TEST_CASE(a_block_is_at_the_first_aligned_address, some_memory) {
    for (const std::size_t alignment : {1, 2, 8, 16, 64}) {
        for (std::size_t at = 0; at <= 64; ++at) {
            bump_position position{begin + at};
            const std::size_t wanted = (at + alignment - 1) / alignment * alignment;
            BOOST_TEST_REQUIRE(position.take(end, 3, alignment, block));
            BOOST_TEST_REQUIRE(block == begin + wanted);
            BOOST_TEST_REQUIRE(static_cast<std::byte*>(position) == begin + wanted + 3);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_block_may_end_at_the_end_but_not_behind_it, some_memory) {
    for (const std::size_t size : {1, 8, 100, 256}) {
        bump_position position{end - size};
        BOOST_TEST(!position.take(end, size + 1, 1, block));
        BOOST_TEST(static_cast<std::byte*>(position) == end - size);
        BOOST_TEST(position.take(end, size, 1, block));
        BOOST_TEST(static_cast<std::byte*>(position) == end);
        BOOST_TEST(!position.take(end, 1, 1, block));
    }
}

BOOST_FIXTURE_TEST_CASE(an_alignment_behind_the_end_does_not_fit, some_memory) {
    bump_position position{end - 8};
    BOOST_TEST(!position.take(end, 1, 4096, block));
    BOOST_TEST(!position.take(end, 1, highest_bit, block));
    BOOST_TEST(static_cast<std::byte*>(position) == end - 8);
}

constexpr auto no_sizes = std::to_array<std::size_t>(
    {0, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 255, SIZE_MAX - 4096, highest_bit, highest_bit - 1});

BOOST_DATA_TEST_CASE_F(some_memory, sizes_of_nothing_and_sizes_that_wrap_do_not_fit,
                       data::make(no_sizes) * data::make({1, 8, 64}), size, alignment) {
    for (const std::size_t at : {0, 1, 200, 255, 256}) {
        bump_position position{begin + at};
        BOOST_TEST(!position.take(end, size, static_cast<std::size_t>(alignment), block));
        BOOST_TEST(static_cast<std::byte*>(position) == begin + at);
    }
}

// The null end also closes a position that has memory: so a guard closes the fast path.
BOOST_FIXTURE_TEST_CASE(nothing_fits_without_memory, some_memory) {
    std::byte* const no_end = nullptr;
    for (std::byte* const at : {static_cast<std::byte*>(nullptr), begin}) {
        bump_position position{at};
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, SIZE_MAX}) {
            for (const std::size_t alignment : {std::size_t{1}, std::size_t{64}, highest_bit}) {
                BOOST_TEST(!position.take(no_end, size, alignment, block));
            }
        }
        BOOST_TEST(static_cast<std::byte*>(position) == at);
    }
}

BOOST_AUTO_TEST_SUITE_END()
