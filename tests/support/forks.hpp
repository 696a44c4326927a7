// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_FORKS_HPP
#define STRATA_TESTS_SUPPORT_FORKS_HPP

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "support/child.hpp"

namespace tests {

/// A process that has not ended by then hangs.
inline constexpr unsigned seconds_to_hang = 120;

/// Waits for the child.
[[nodiscard]] inline bool ends_well(pid_t child) {
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Requires that `work` returns true in time, in a child process: what hangs or crashes there does
/// no harm to the other tests.
template <class Work>
void require_in_child(Work work) {
    const child ended = run_in_child([&] {
        alarm(seconds_to_hang);
        if (!work()) {
            std::_Exit(EXIT_FAILURE);
        }
    });
    BOOST_TEST(ended.signal == 0, "signal " << ended.signal << ": " << ended.errors);
    BOOST_TEST(ended.exit_code == 0, "exit code " << ended.exit_code << ": " << ended.errors);
}

}  // namespace tests

#endif
