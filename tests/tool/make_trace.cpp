// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// make_trace SEED STEPS THREADS: writes the live trace of a random program to standard output.
#include <cstdlib>
#include <iostream>

#include "support/traces.hpp"

int main(int count, char** arguments) {
    if (count != 4) {
        std::cerr << "usage: make_trace SEED STEPS THREADS\n";
        return 1;
    }
    const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
    std::cout << tests::random_trace{number(1), number(3), number(2)}.file();
    return std::cout.flush() ? 0 : 1;
}
