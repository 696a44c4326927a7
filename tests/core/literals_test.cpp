// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <type_traits>

#include <strata/core/literals.hpp>

BOOST_AUTO_TEST_SUITE(literals_test)

using namespace strata::literals;

BOOST_AUTO_TEST_CASE(each_unit_is_1024_times_the_one_before) {
    static_assert(std::is_same_v<decltype(1_B), std::size_t>);
    BOOST_TEST(3_B == 3u);
    BOOST_TEST(3_KiB == 3u * 1024);
    BOOST_TEST(3_MiB == 3u * 1024 * 1024);
    BOOST_TEST(3_GiB == 3ull * 1024 * 1024 * 1024);
    BOOST_TEST(5_TiB == 5ull * 1024 * 1024 * 1024 * 1024);
    BOOST_TEST(0_GiB == 0u);
}

BOOST_AUTO_TEST_CASE(the_largest_size_that_fits_is_a_literal) {
    BOOST_TEST(17179869183_GiB == ~std::size_t{0} - (1_GiB - 1));
    BOOST_TEST(16777215_TiB == ~std::size_t{0} - (1_TiB - 1));
    BOOST_TEST(18446744073709551615_B == ~std::size_t{0});
}

BOOST_AUTO_TEST_SUITE_END()
