// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE thread_caches
#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <thread>

#include <strata/core/literals.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

#include "support/upstream.hpp"
#include "support/written_block.hpp"

// Where the system cannot promise to say that a thread ends. The sanitizers need the function that
// is replaced here for themselves.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constinit thread_local bool system_is_out_of_memory = false;

}  // namespace

extern "C" int pthread_setspecific(pthread_key_t key, const void* value) noexcept {
    if (system_is_out_of_memory) {
        return ENOMEM;
    }
    using function = int (*)(pthread_key_t, const void*);
    static void* const original = dlsym(RTLD_NEXT, "pthread_setspecific");
    return reinterpret_cast<function>(original)(key, value);
}

BOOST_FIXTURE_TEST_CASE(a_thread_whose_end_will_not_be_known_goes_without_a_cache,
                        tests::upstream) {
    using namespace strata::literals;
    strata::concurrent_pool_resource memory{&below};
    for (int i = 0; i != 200; ++i) {
        std::thread{[&] {
            system_is_out_of_memory = true;
            const auto blocks = tests::allocate(memory, 20, 24);
            tests::deallocate(memory, blocks, 24);
            system_is_out_of_memory = false;
        }}.join();
    }
    BOOST_TEST(below.peak_bytes() <= 32_KiB);
    const auto blocks = tests::allocate(memory, 20, 24);  // what the last of them freed
    tests::deallocate(memory, blocks, 24);
}

#else

BOOST_AUTO_TEST_CASE(is_left_out_under_sanitizers) {}

#endif
