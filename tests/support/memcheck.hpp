// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_MEMCHECK_HPP
#define STRATA_TESTS_SUPPORT_MEMCHECK_HPP

#include <boost/test/unit_test.hpp>

#include <strata/diagnostics/poison.hpp>

#include "asan.hpp"

namespace tests {

/// Whether memcheck watches, which runs one thread at a time.
[[nodiscard]] inline bool is_memcheck() {
    return !asan && strata::detail::is_watched();
}

/// The precondition of a test that waits for what threads do at once, looks at the heap that
/// memcheck replaces, or has more memory than it can watch.
inline boost::test_tools::assertion_result without_memcheck(
    boost::unit_test::test_unit_id /*of*/) {
    boost::test_tools::assertion_result without{!is_memcheck()};
    without.message() << "memcheck is here";
    return without;
}

}  // namespace tests

#endif
