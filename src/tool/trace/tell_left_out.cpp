// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/tell_left_out.hpp"

#include <iostream>

namespace strata::tool::trace {

void tell_left_out(const damage& of) {
    for (const std::string& each : of.messages) {
        std::cerr << "strata: left out: " << each << '\n';
    }
    if (of.places > of.messages.size()) {
        std::cerr << "strata: left out: " << of.places - of.messages.size() << " more places\n";
    }
}

}  // namespace strata::tool::trace
