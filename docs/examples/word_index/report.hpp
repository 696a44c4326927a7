// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_REPORT_HPP
#define WORD_INDEX_REPORT_HPP

#include <cstddef>
#include <string>
#include <vector>

#include "documents.hpp"
#include "measure.hpp"

namespace example {

/// All that the program prints, in lines of at most 80 columns.
std::string report(const std::vector<document>& documents, const std::vector<std::string>& queries,
                   std::size_t rounds, const comparison& compared);

}  // namespace example

#endif
