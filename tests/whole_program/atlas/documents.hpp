// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_DOCUMENTS_HPP
#define ATLAS_DOCUMENTS_HPP

#include <string>
#include <vector>

#include "standards.hpp"

namespace atlas {

/// The text of a list, not parsed yet.
struct document {
    standard holds;
    std::string path;
    std::string text;
};

/// Reads one for each standard. Throws `input_error` that names every file that cannot be read.
std::vector<document> read_documents(const std::string& folder);

}  // namespace atlas

#endif
