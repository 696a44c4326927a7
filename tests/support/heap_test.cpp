// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <dlfcn.h>

#include <cstdlib>
#include <new>
#include <string>

#include "memcheck.hpp"

BOOST_AUTO_TEST_SUITE(heap_test)

// Where STRATA_TEST_HEAP names the library of another heap, that heap is the one in use: the system
// goes on without a library that it cannot load before a program. Where STRATA_TEST_MEMCHECK is
// set, memcheck watches: a library that was built without its header knows nothing of it.

namespace utf = boost::unit_test;

namespace {

const char* wanted() {
    return std::getenv("STRATA_TEST_HEAP");
}

boost::test_tools::assertion_result another_is_wanted(utf::test_unit_id /*of*/) {
    return wanted() != nullptr;
}

boost::test_tools::assertion_result memcheck_is_wanted(utf::test_unit_id /*of*/) {
    return std::getenv("STRATA_TEST_MEMCHECK") != nullptr;
}

std::string library_of(const char* function) {
    Dl_info found{};
    void* address = dlsym(RTLD_DEFAULT, function);
    const bool known = address != nullptr && dladdr(address, &found) != 0;
    return known ? found.dli_fname : "nowhere";
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_the_one_that_is_wanted, *utf::precondition(another_is_wanted)) {
    for (const char* function : {"malloc", "free", "aligned_alloc", "_Znwm", "_ZdlPv"}) {
        BOOST_TEST_CONTEXT(function << " is in " << library_of(function)) {
            BOOST_TEST(library_of(function).find(wanted()) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(memcheck_watches, *utf::precondition(memcheck_is_wanted)) {
    BOOST_TEST(tests::is_memcheck());
}

BOOST_AUTO_TEST_SUITE_END()
