// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_MEMCHECK_HPP
#define STRATA_TESTS_SUPPORT_MEMCHECK_HPP

#include <boost/test/unit_test.hpp>

#include <strata/core/poison.hpp>

#include "asan.hpp"

namespace tests {

/// Whether memcheck watches, which runs one thread at a time.
[[nodiscard]] inline bool is_memcheck() {
    return !asan && strata::detail::is_watched();
}

/// The precondition of a test that waits for what threads do at once.
inline boost::test_tools::assertion_result threads_run_at_once(
    boost::unit_test::test_unit_id /*of*/) {
    boost::test_tools::assertion_result they_do{!is_memcheck()};
    they_do.message() << "memcheck runs one thread at a time";
    return they_do;
}

}  // namespace tests

#endif
