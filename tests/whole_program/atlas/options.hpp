// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_OPTIONS_HPP
#define ATLAS_OPTIONS_HPP

#include <cstddef>
#include <string>

namespace atlas {

/// What the command line asks for.
struct options {
    std::string folder;
    std::size_t threads = 4;
    std::size_t rounds = 8;
    bool help = false;
};

/// How to use the program, in a few lines.
const char* usage();

/// Throws `input_error` with a line for each argument that is wrong.
options parse_options(int count, const char* const* arguments);

}  // namespace atlas

#endif
