// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_OPTIONS_HPP
#define WORD_INDEX_OPTIONS_HPP

#include <cstddef>
#include <string>
#include <vector>

namespace example {

/// What the command line asks for.
struct options {
    std::vector<std::string> paths;    // empty: the default ones
    std::vector<std::string> queries;  // empty: the default ones
    std::size_t rounds = 41;
    bool help = false;
};

/// How to use the program, in a few lines.
const char* usage();

/// Throws `input_error` with a line for each option that is wrong.
options parse_options(int count, const char* const* arguments);

}  // namespace example

#endif
