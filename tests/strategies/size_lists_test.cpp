// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE size_lists
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <set>

#include <strata/strategies/detail/size_lists.hpp>

#include "support/random.hpp"

using strata::detail::size_lists;
namespace data = boost::unit_test::data;

namespace {

constexpr std::size_t lists_in_all = std::size_t{size_lists::rows} * size_lists::columns;

size_lists::list numbered(std::size_t number) {
    return {static_cast<std::uint32_t>(number / size_lists::columns),
            static_cast<std::uint32_t>(number % size_lists::columns)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(sizes_up_to_63_have_a_list_each) {
    std::set<size_lists::list> lists;
    for (std::uint32_t size = 1; size != 64; ++size) {
        lists.insert(size_lists::list_of(size));
    }
    BOOST_TEST(lists.size() == 63u);
}

BOOST_AUTO_TEST_CASE(larger_sizes_share_a_list_with_those_of_a_32nd_of_a_doubling) {
    for (std::uint32_t first = 64; first < 1U << 20; first *= 2) {
        for (std::uint32_t size = first; size != 2 * first; ++size) {
            const size_lists::list expected{size_lists::list_of(first).row,
                                            (size - first) / (first / 32)};
            if (size_lists::list_of(size) != expected) {
                BOOST_FAIL("size " << size << " is in the wrong list");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_larger_size_is_never_in_an_earlier_list) {
    for (std::uint32_t size = 1; size < 0xFFFF'0000; size += size / 1000 + 1) {
        BOOST_REQUIRE((size_lists::list_of(size) <= size_lists::list_of(size + 1)));
    }
    BOOST_TEST((size_lists::list_of(1) == numbered(0)));
    BOOST_TEST((size_lists::list_of(0xFFFF'FFFF) == numbered(lists_in_all - 1)));
}

BOOST_DATA_TEST_CASE(the_next_list_with_a_block_is_found, data::xrange(1, 5), seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    size_lists lists;
    std::set<size_lists::list> used;
    BOOST_TEST((lists.last() == size_lists::no_list));
    for (std::uint32_t step = 0; step != 20'000; ++step) {
        const size_lists::list any = numbered(random.below(lists_in_all));
        if (used.size() > random.below(60)) {
            const size_lists::list emptied = *used.begin();
            lists.set_head(emptied, size_lists::none);
            used.erase(emptied);
        } else if (used.insert(any).second) {
            BOOST_REQUIRE(lists.push(any, step) == size_lists::none);
        }
        const size_lists::list from = numbered(random.below(lists_in_all));
        const auto after = used.upper_bound(from);
        const size_lists::list expected = after == used.end() ? size_lists::no_list : *after;
        BOOST_REQUIRE((lists.next_after(from) == expected));
        BOOST_REQUIRE((lists.head(expected) == size_lists::none) == (after == used.end()));
        BOOST_REQUIRE(
            (lists.last() == (used.empty() ? size_lists::no_list : *used.rbegin())));
    }
}

BOOST_AUTO_TEST_CASE(a_list_has_the_block_that_was_pushed_last) {
    size_lists lists;
    const size_lists::list of = numbered(7);
    BOOST_TEST(lists.push(of, 100) == size_lists::none);
    BOOST_TEST(lists.push(of, 200) == 100u);
    BOOST_TEST(lists.head(of) == 200u);
    lists.set_head(of, 100);
    BOOST_TEST((lists.next_after(numbered(6)) == of));
    lists.clear();
    BOOST_TEST(lists.head(of) == size_lists::none);
    BOOST_TEST((lists.next_after(numbered(6)) == size_lists::no_list));
}
