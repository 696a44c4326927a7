// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_VALGRIND_HPP
#define STRATA_TESTS_SUPPORT_VALGRIND_HPP

#include <pthread.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_CLO_CHANGE(option)
#define VALGRIND_DISABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#define VALGRIND_STACK_REGISTER(begin, end) 0U
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

// What tests ask of Valgrind, which does nothing if it does not run the program.
namespace tests {

/// In the child of a fork: what only a thread of the parent knows looks lost there.
inline void look_for_no_leaks() {
    VALGRIND_CLO_CHANGE("--leak-check=no");
}

/// A program that includes this file has that done in every child.
inline const int no_child_looks_for_leaks = pthread_atfork(nullptr, nullptr, look_for_no_leaks);

/// While one lives, memcheck reports no errors of this thread.
class unseen_by_memcheck {
public:
    unseen_by_memcheck() { VALGRIND_DISABLE_ERROR_REPORTING; }
    unseen_by_memcheck(const unseen_by_memcheck&) = delete;
    unseen_by_memcheck& operator=(const unseen_by_memcheck&) = delete;
    ~unseen_by_memcheck() { VALGRIND_ENABLE_ERROR_REPORTING; }
};

}  // namespace tests

#endif
