// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_CANCELLATION_HPP
#define STRATA_TESTS_SUPPORT_CANCELLATION_HPP

#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <iostream>

#include "asan.hpp"
#include "child.hpp"

namespace tests {

/// Whether a thread with an object to destroy can be cancelled, in a process that calls nothing of
/// the library. glibc unwinds such a thread with libgcc's unwinder. Debian's libc++ has LLVM's. Its
/// personality routine is then handed the state of libgcc's unwinder, and the process crashes.
[[nodiscard]] inline bool threads_unwind() {
    static const bool answer = [] {
        const child ended = run_in_child([] {
            struct object {
                ~object() { asm volatile(""); }  // or there would be nothing to unwind
            };
            const auto run = [](void*) -> void* {
                const object to_destroy;
                pthread_cancel(pthread_self());
                forget_frames();
                pthread_testcancel();
                return nullptr;
            };
            pthread_t thread{};
            if (pthread_create(&thread, nullptr, run, nullptr) == 0) {
                pthread_join(thread, nullptr);
            }
        });
        if (ended.signal != 0) {
            std::cout << "skipped: a cancelled thread crashes, without the library too: glibc and "
                         "the C++ library unwind with different libraries\n";
        }
        return ended.signal == 0;
    }();
    return answer;
}

/// The precondition of a test that cancels threads.
inline boost::test_tools::assertion_result threads_can_be_cancelled(
    boost::unit_test::test_unit_id /*of*/) {
    return threads_unwind();
}

}  // namespace tests

#endif
