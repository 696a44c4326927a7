// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <new>

#include <strata/core/layout.hpp>

#include <strata/testing/boost_test_print.hpp>

BOOST_AUTO_TEST_SUITE(layout_test)

using strata::layout;

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

struct alignas(64) line {
    char bytes[64];
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_layout_defaults_to_nothing_with_the_default_alignment) {
    BOOST_TEST(layout{} == (layout{0, alignof(std::max_align_t)}));
    BOOST_TEST(layout{.size = 5}.alignment == alignof(std::max_align_t));
}

BOOST_AUTO_TEST_CASE(a_type_has_the_layout_of_its_size_and_alignment) {
    BOOST_TEST(layout::of<char>() == (layout{1, 1}));
    BOOST_TEST(layout::of<line>() == (layout{64, 64}));
}

BOOST_AUTO_TEST_CASE(an_array_is_as_large_as_its_elements) {
    BOOST_TEST(layout::array<std::uint32_t>(0) == (layout{0, 4}));
    BOOST_TEST(layout::array<std::uint32_t>(7) == (layout{28, 4}));
    BOOST_TEST(layout::array<line>(2) == (layout{128, 64}));
}

BOOST_AUTO_TEST_CASE(an_array_may_be_as_large_as_a_size_can_tell_and_no_larger) {
    BOOST_TEST(layout::array<char>(most).size == most);
    BOOST_TEST(layout::array<std::uint64_t>(most / 8).size == most - 7);
    BOOST_CHECK_THROW(static_cast<void>(layout::array<std::uint64_t>(most / 8 + 1)),
                      std::bad_array_new_length);
}

BOOST_AUTO_TEST_CASE(only_powers_of_two_are_valid_alignments) {
    for (const std::size_t alignment :
         {std::size_t{1}, std::size_t{2}, std::size_t{4096}, std::size_t{1} << 63}) {
        BOOST_TEST((layout{1, alignment}.valid()), alignment);
    }
    for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, std::size_t{24}, most}) {
        BOOST_TEST((!layout{1, alignment}.valid()), alignment);
    }
}

BOOST_AUTO_TEST_CASE(padding_rounds_the_size_up_to_the_alignment) {
    BOOST_TEST((layout{0, 8}.padded()) == (layout{0, 8}));
    BOOST_TEST((layout{1, 8}.padded()) == (layout{8, 8}));
    BOOST_TEST((layout{8, 8}.padded()) == (layout{8, 8}));
    BOOST_TEST((layout{9, 8}.padded()) == (layout{16, 8}));
    BOOST_TEST((layout{9, 1}.padded()) == (layout{9, 1}));
}

BOOST_AUTO_TEST_CASE(padding_that_would_wrap_throws) {
    BOOST_TEST((layout{most - 7, 8}.padded()) == (layout{most - 7, 8}));
    BOOST_CHECK_THROW(static_cast<void>(layout{most - 6, 8}.padded()), std::bad_array_new_length);
}

BOOST_AUTO_TEST_CASE(aligning_only_ever_raises_the_alignment) {
    BOOST_TEST((layout{5, 8}.aligned_to(64)) == (layout{5, 64}));
    BOOST_TEST((layout{5, 8}.aligned_to(4)) == (layout{5, 8}));
}

BOOST_AUTO_TEST_CASE(extending_puts_the_next_layout_at_its_alignment) {
    const auto [whole, offset] = layout{5, 1}.extend({8, 4});
    BOOST_TEST(offset == 8u);
    BOOST_TEST(whole == (layout{16, 4}));
}

BOOST_AUTO_TEST_CASE(extending_keeps_the_stricter_alignment_and_does_not_pad_the_end) {
    const auto [whole, offset] = layout{64, 64}.extend({3, 2});
    BOOST_TEST(offset == 64u);
    BOOST_TEST(whole == (layout{67, 64}));
}

BOOST_AUTO_TEST_CASE(extending_beyond_what_a_size_can_tell_throws) {
    const layout large{most - 15, 16};
    BOOST_TEST(large.extend({15, 1}).whole.size == most);
    BOOST_CHECK_THROW(static_cast<void>(large.extend({16, 1})), std::bad_array_new_length);
    BOOST_CHECK_THROW(static_cast<void>(layout{most, 1}.extend({0, 2})), std::bad_array_new_length);
}

BOOST_AUTO_TEST_CASE(all_of_it_works_at_compile_time) {
    static_assert(layout::of<line>().extend(layout::array<double>(3)).whole.padded() ==
                  layout{128, 64});
    static_assert(layout{1, 2} != layout{1, 4} && layout{1, 2} != layout{2, 2});
}

BOOST_AUTO_TEST_SUITE_END()
