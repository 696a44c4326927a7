// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_FUZZ_TRACE_FILE_HPP
#define STRATA_TESTS_FUZZ_TRACE_FILE_HPP

#include "input.hpp"

namespace fuzz {

/// Reads the bytes as a trace, or as parts of one, and packs what can be read.
void trace_file(input& bytes);

}  // namespace fuzz

#endif
