// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_GATHER_HPP
#define ATLAS_GATHER_HPP

#include <cstddef>
#include <vector>

#include "catalogue.hpp"
#include "documents.hpp"

namespace atlas {

/// Parses the documents on so many threads, hands their entries on to as many others, and makes one
/// catalogue of what these have made of them. Throws `input_error`.
catalogue gather(const std::vector<document>& documents, std::size_t threads);

}  // namespace atlas

#endif
