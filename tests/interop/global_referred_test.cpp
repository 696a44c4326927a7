// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A program on a resource that is referred to, and that the first allocation of all makes.
#define BOOST_TEST_MODULE global_referred
#include <boost/test/unit_test.hpp>

#include <memory_resource>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <strata/interop/global_new.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

namespace {

bool said_that_it_is_being_made = false;

strata::concurrent_pool_resource& the_pool() {
    static auto& pool = *new strata::concurrent_pool_resource{strata::system_heap()};
    return pool;
}

}  // namespace

static strata::concurrent_pool_resource& made_pool() {
    try {
        (void)strata::global::current();
    } catch (const std::logic_error&) {
        said_that_it_is_being_made = true;
    }
    return the_pool();
}

STRATA_GLOBAL_RESOURCE(made_pool());

namespace {

const std::string before_main(100, 'x');

}  // namespace

BOOST_AUTO_TEST_CASE(it_serves_from_the_first_allocation_on) {
    BOOST_TEST(said_that_it_is_being_made);
    BOOST_TEST(&strata::global::current() == &the_pool());
    BOOST_TEST((the_pool().owns(before_main.data()) == strata::ownership::yes));
    std::vector<std::string> words(100, before_main);
    std::thread{[&] { words.clear(); }}.join();
    BOOST_TEST(words.empty());
}
