// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_REPORT_HPP
#define ATLAS_REPORT_HPP

#include <string>
#include <vector>

#include "catalogue.hpp"
#include "publish.hpp"

namespace atlas {

/// What the program prints, the same for the same lists. Ends with a checksum of all pages.
std::string report(const catalogue& all, const std::vector<published_page>& pages);

}  // namespace atlas

#endif
