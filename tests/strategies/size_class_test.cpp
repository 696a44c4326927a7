// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE size_class
#include <boost/test/unit_test.hpp>

#include <cstddef>

#include <strata/strategies/detail/size_class.hpp>

using namespace strata::detail;

BOOST_AUTO_TEST_CASE(classes_grow_by_8_up_to_128_bytes) {
    for (std::size_t index = 0; index != 16; ++index) {
        BOOST_TEST(size_of_class(index) == (index + 1) * 8);
    }
}

BOOST_AUTO_TEST_CASE(there_are_8_classes_a_doubling_above) {
    for (std::size_t index = 16; index != size_class_count; ++index) {
        BOOST_TEST(size_of_class(index) == 2 * size_of_class(index - 8));
    }
}

BOOST_AUTO_TEST_CASE(the_last_class_is_the_largest) {
    BOOST_TEST(size_of_class(size_class_count - 1) == largest_class_size);
    BOOST_TEST(size_class_of(largest_class_size - 1) == size_class_count - 1);
}

BOOST_AUTO_TEST_CASE(a_reach_leads_to_the_smallest_class_that_holds_it) {
    std::size_t expected = 0;
    for (std::size_t reach = 0; reach != largest_class_size; ++reach) {
        if (size_of_class(expected) <= reach) {
            ++expected;
        }
        if (size_class_of(reach) != expected) {
            BOOST_REQUIRE_MESSAGE(false, "reach " << reach << " leads to " << size_class_of(reach));
        }
    }
}

BOOST_AUTO_TEST_CASE(at_most_an_eighth_of_a_block_above_128_bytes_is_waste) {
    for (std::size_t index = 16; index != size_class_count; ++index) {
        const std::size_t least = size_of_class(index - 1) + 1;  // that this class serves
        BOOST_TEST((size_of_class(index) - least) * 8 <= least, index);
    }
}

BOOST_AUTO_TEST_CASE(a_class_holds_each_size_at_each_alignment_that_leads_to_it) {
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        for (std::size_t bytes = 1; bytes <= 65536; ++bytes) {
            const std::size_t size = size_of_class(size_class_of(reach_of(bytes, alignment)));
            if (size < bytes || size % alignment != 0 ||
                alignment_of_class_size(size) < alignment) {
                BOOST_REQUIRE_MESSAGE(false, bytes << " bytes aligned to " << alignment
                                                   << " lead to blocks of " << size);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_alignment_of_a_class_is_the_lowest_bit_of_its_size) {
    BOOST_TEST(alignment_of_class_size(8) == 8u);
    BOOST_TEST(alignment_of_class_size(48) == 16u);
    BOOST_TEST(alignment_of_class_size(4096) == 4096u);
}

BOOST_AUTO_TEST_CASE(the_table_says_what_the_formula_says) {
    for (std::size_t reach = 0; reach != table_reach; ++reach) {
        BOOST_TEST(size_class_table[reach / 8] == size_class_of(reach), reach);
    }
}
