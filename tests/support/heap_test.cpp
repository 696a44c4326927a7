// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE heap
#include <boost/test/unit_test.hpp>

#include <dlfcn.h>

#include <cstdlib>
#include <new>
#include <string>

// Where STRATA_TEST_HEAP names the library of another heap, that heap is the one in use. The system
// goes on without a library that it cannot load before a program.

namespace utf = boost::unit_test;

namespace {

const char* wanted() {
    return std::getenv("STRATA_TEST_HEAP");
}

boost::test_tools::assertion_result another_is_wanted(utf::test_unit_id) {
    return wanted() != nullptr;
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
