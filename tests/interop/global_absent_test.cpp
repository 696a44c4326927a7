// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program without STRATA_GLOBAL_RESOURCE.
#define BOOST_TEST_MODULE global_absent
#include <boost/test/unit_test.hpp>

#include <stdexcept>

#include <strata/interop/global_new.hpp>
#include <strata/interop/thread_resource.hpp>
#include <strata/sources/heap_resource.hpp>

BOOST_AUTO_TEST_CASE(nothing_gives_operator_new_a_resource) {
    auto& heap = *strata::system_heap();
    BOOST_CHECK_THROW((void)strata::global::current(), std::logic_error);
    BOOST_CHECK_THROW((void)strata::global::swap(heap), std::logic_error);
    BOOST_CHECK_THROW(const strata::global::scoped_resource scope{heap}, std::logic_error);
    BOOST_CHECK_THROW(const strata::thread_resource scope{heap}, std::logic_error);
}
