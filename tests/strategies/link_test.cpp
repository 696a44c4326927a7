// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include <strata/strategies/detail/free_list.hpp>
#include <strata/strategies/detail/link.hpp>

#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(link_test)

namespace detail = strata::detail;
namespace data = boost::unit_test::data;

namespace {

std::vector<const detail::link*> followed(const detail::link* first) {
    std::vector<const detail::link*> all;
    for (; first != nullptr; first = detail::next_of(first)) {
        all.push_back(first);
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_sorted) {
    BOOST_TEST(detail::sort_by_address(nullptr) == nullptr);
}

BOOST_DATA_TEST_CASE(a_list_in_any_order_is_sorted_by_address,
                     data::make({1, 2, 3, 4, 5, 31, 64, 100, 1000, 4097}), count) {
    tests::random random{static_cast<std::uint64_t>(count)};
    std::vector<detail::link> links(static_cast<std::size_t>(count));
    std::vector<detail::link*> order;
    for (detail::link& each : links) {
        order.insert(order.begin() + static_cast<std::ptrdiff_t>(random.below(order.size() + 1)),
                     &each);
    }
    detail::link* first = nullptr;
    for (detail::link* each : order) {
        detail::set_next(each, std::exchange(first, each));
    }
    const auto sorted = followed(detail::sort_by_address(first));
    BOOST_TEST(sorted.size() == links.size());
    BOOST_TEST(std::ranges::is_sorted(sorted, std::less<>{}));
}

BOOST_AUTO_TEST_CASE(what_was_freed_last_is_served_first) {
    std::array<std::array<std::byte, 16>, 3> blocks{};
    detail::free_list list{nullptr};
    BOOST_TEST(list.empty());
    for (auto& block : blocks) {
        list.push(block.data());
    }
    for (std::size_t i = blocks.size(); i-- != 0;) {
        BOOST_TEST(!list.empty());
        BOOST_TEST(list.pop() == blocks[i].data());
    }
    BOOST_TEST(list.empty());
}

BOOST_AUTO_TEST_SUITE_END()
