// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_WHOLE_PROGRAM_EARLY_LIBRARY_HPP
#define STRATA_TESTS_WHOLE_PROGRAM_EARLY_LIBRARY_HPP

#include <cstddef>
#include <string>
#include <vector>

namespace early {

/// Keeps a word until the end of the program; returns how many there are.
std::size_t remember(const std::string& word);

}  // namespace early

#endif
