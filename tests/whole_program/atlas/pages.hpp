// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_PAGES_HPP
#define ATLAS_PAGES_HPP

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "catalogue.hpp"

namespace atlas {

/// A place that is called much like a language.
struct namesake {
    std::string place;
    std::string language;
    std::size_t likeness = 0;  // in thousandths
};

/// What is told about a country.
struct page {
    std::string country;
    std::size_t places = 0;
    std::vector<namesake> namesakes;

    /// The same places in several ways: by name, by type, and as a tree.
    std::array<nlohmann::json, 3> views;
};

page make_page(const catalogue& all, const entries::value_type& country);

}  // namespace atlas

#endif
