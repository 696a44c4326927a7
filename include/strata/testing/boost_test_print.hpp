// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_BOOST_TEST_PRINT_HPP
#define STRATA_TESTING_BOOST_TEST_PRINT_HPP

#include <ostream>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>

// How Boost.Test prints what the library compares but does not print.
namespace strata {

inline std::ostream& boost_test_print_type(std::ostream& out, ownership whether) {
    return out << (whether == ownership::yes ? "yes" : whether == ownership::no ? "no" : "unknown");
}

inline std::ostream& boost_test_print_type(std::ostream& out, const layout& of) {
    return out << of.size << " bytes aligned to " << of.alignment;
}

}  // namespace strata

#endif
