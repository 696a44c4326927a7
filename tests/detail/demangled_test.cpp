// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include "detail/demangled.hpp"

BOOST_AUTO_TEST_SUITE(demangled_test)

using strata::detail::demangled;

BOOST_AUTO_TEST_CASE(names_are_as_in_the_source) {
    BOOST_TEST(demangled("_ZN4name2ofEPKc") == "name::of(char const*)");
    BOOST_TEST(demangled("main") == "main");
    BOOST_TEST(demangled("_ZN4name") == "_ZN4name");
}

// Whichever of the libraries this program has.
BOOST_AUTO_TEST_CASE(inline_namespaces_of_the_cxx_library_are_left_out) {
    BOOST_TEST(demangled("NSt3__13pmr15memory_resourceE") == "std::pmr::memory_resource");
    BOOST_TEST(demangled("_ZN3useERNSt3__13pmr15memory_resourceERKNSt3__15mutexE") ==
               "use(std::pmr::memory_resource&, std::mutex const&)");
    BOOST_TEST(demangled("NSt7__cxx1119basic_ostringstreamIcEE") ==
               "std::basic_ostringstream<char>");
    BOOST_TEST(demangled("NSt10filesystem7__cxx114pathE") == "std::filesystem::path");
    BOOST_TEST(demangled("_ZN5my__14nameEv") == "my__1::name()");
}

BOOST_AUTO_TEST_SUITE_END()
