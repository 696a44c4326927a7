// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_BOOST_TEST_PRINT_HPP
#define STRATA_TESTING_BOOST_TEST_PRINT_HPP

#include <iosfwd>

#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>

// How Boost.Test prints types of the library that can be compared but have no `operator<<`.
namespace strata {

inline std::ostream& boost_test_print_type(std::ostream& out, ownership whether) {
    return detail::put(out, whether == ownership::yes  ? "yes"
                            : whether == ownership::no ? "no"
                                                       : "unknown");
}

inline std::ostream& boost_test_print_type(std::ostream& out, const layout& of) {
    return detail::put(out, detail::formatted("%zu bytes aligned to %zu", of.size, of.alignment));
}

}  // namespace strata

#endif
