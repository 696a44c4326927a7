// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_PUBLISH_HPP
#define ATLAS_PUBLISH_HPP

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "catalogue.hpp"
#include "pages.hpp"

namespace atlas {

/// Who gets a page, and the field of each place that it is not told.
struct audience {
    std::string_view who;
    std::string_view not_told;
};

constexpr std::array audiences{
    audience{"travellers", "code"}, audience{"post offices", "like"},  audience{"mapmakers", "in"},
    audience{"linguists", "type"},  audience{"statisticians", "name"},
};

/// A view as a line of JSON, and how many values each audience gets of it.
struct published_view {
    std::string line;
    std::array<std::size_t, audiences.size()> values_told{};
};

/// The page of a country in its final form.
struct published_page {
    std::string country;
    std::size_t places = 0;
    std::vector<namesake> namesakes;
    std::array<published_view, std::tuple_size_v<decltype(page::views)>> views;
};

/// Makes the pages on so many threads, and hands each view on to others, which write it down and
/// make a copy for each audience. They come in the order of the countries' codes.
std::vector<published_page> publish(const catalogue& all, std::size_t threads);

}  // namespace atlas

#endif
