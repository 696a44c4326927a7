// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_IN_ORDER_HPP
#define STRATA_TESTS_SUPPORT_IN_ORDER_HPP

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>

namespace tests {

/// Checks that a text contains all these, one after the other.
inline void check_in_order(const std::string& text, std::initializer_list<const char*> parts) {
    BOOST_TEST_CONTEXT(text) {
        std::size_t from = 0;
        for (const std::string part : parts) {
            const std::size_t at = text.find(part, from);
            BOOST_TEST(at != std::string::npos, "missing: " << part);
            from = at == std::string::npos ? from : at + part.size();
        }
    }
}

}  // namespace tests

#endif
