// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_PAGES_HPP
#define ATLAS_PAGES_HPP

#include <cstddef>
#include <string>
#include <vector>

#include "catalogue.hpp"

namespace atlas {

/// A place that is called much like a language.
struct namesake {
    std::string place;     // the code of a subdivision
    std::string language;  // a code, too
    std::size_t likeness = 0;
};

/// What is told about a country.
struct page {
    std::string country;  // its code
    std::size_t subdivisions = 0;
    std::vector<namesake> namesakes;
    std::string json;  // all of it, to be published
};

/// A page for each country, in the order of their codes, made on so many threads.
std::vector<page> make_pages(const catalogue& all, std::size_t threads);

}  // namespace atlas

#endif
