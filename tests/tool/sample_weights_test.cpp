// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/sample_weights.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>

BOOST_AUTO_TEST_SUITE(sample_weights_test)

using strata::tool::trace::sample_weights;

namespace {

// What one block stands for, by the definition.
double blocks_of(double size, double distance) {
    return 1 / (1 - std::exp(-size / distance));
}

}  // namespace

BOOST_AUTO_TEST_CASE(in_a_complete_trace_each_block_stands_for_itself) {
    sample_weights complete{0};
    BOOST_TEST(!complete.is_of_sample());
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 47}) {
        BOOST_TEST(complete.next_blocks(size) == 1u);
        BOOST_TEST(complete.bytes(size) == size);
    }
}

BOOST_AUTO_TEST_CASE(the_sum_of_blocks_is_within_one_of_the_exact_sum) {
    sample_weights sample{1000};
    BOOST_TEST(sample.is_of_sample());
    double exact = 0;
    double sum = 0;
    for (std::uint64_t i = 0; i != 10'000; ++i) {
        const std::uint64_t size = i * 37 % 5000 + 1;
        const std::uint32_t blocks = sample.next_blocks(size);
        BOOST_REQUIRE(blocks >= 1u);
        BOOST_REQUIRE(std::abs(blocks - blocks_of(static_cast<double>(size), 1000)) < 1);
        exact += blocks_of(static_cast<double>(size), 1000);
        sum += blocks;
        BOOST_REQUIRE(std::abs(sum - exact) < 1);
    }
}

BOOST_AUTO_TEST_CASE(bytes_are_those_of_the_blocks_that_one_stands_for) {
    const sample_weights sample{65'536};
    for (const std::uint64_t size : {1u, 16u, 1000u, 65'536u, 1'000'000u}) {
        const auto exact = static_cast<double>(size) * blocks_of(static_cast<double>(size), 65'536);
        BOOST_TEST(std::abs(static_cast<double>(sample.bytes(size)) - exact) < 0.51);
    }
    BOOST_TEST(sample.bytes(65'536) == 103'676u);  // 65,536 e / (e - 1)
}

BOOST_AUTO_TEST_CASE(large_blocks_stand_for_themselves) {
    sample_weights sample{4096};
    for (const std::uint64_t size : {std::uint64_t{1} << 20, (std::uint64_t{1} << 48) - 1}) {
        BOOST_TEST(sample.bytes(size) == size);
        BOOST_TEST(sample.next_blocks(size) == 1u);
    }
}

// A block of 0 bytes is recorded like one of 1 byte.
BOOST_AUTO_TEST_CASE(empty_blocks_are_counted) {
    sample_weights sample{100};
    BOOST_TEST(sample.bytes(0) == 0u);
    BOOST_TEST(sample.next_blocks(0) == 100u);  // 100.5 exactly: one half is left over
    BOOST_TEST(sample.next_blocks(0) == 101u);
}

BOOST_AUTO_TEST_CASE(the_largest_distance_has_weights_too) {
    sample_weights sample{std::uint64_t{1} << 30};
    BOOST_TEST(sample.next_blocks(1) == std::uint32_t{1} << 30);
    BOOST_TEST(sample.bytes(1) == (std::uint64_t{1} << 30) + 1);  // 2^30 + 0.5
}

BOOST_AUTO_TEST_SUITE_END()
