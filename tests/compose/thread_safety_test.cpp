// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>

#include <strata/compose/layer_kind.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/strategies/pool_resource.hpp>

BOOST_AUTO_TEST_SUITE(thread_safety_test)

namespace data = boost::unit_test::data;
using strata::strategy;

namespace {

constexpr std::array for_any_number{
    "heap",
    "pages",
    "concurrent_pool",
    "concurrent_arena > pages",
    // It takes turns, so the layers below need not be safe.
    "concurrent_pool > arena",
    "synchronized > stats(counting=single) > pool",
    "stats > limit(bytes=1MiB) > retry > concurrent_pool",
    "stats(counting=sharded) > heap",
    "stats",
    "debug(concurrent=true) > heap",
    "fallback(concurrent_pool, heap)",
    "segregator(256, concurrent_pool, synchronized > pool)",
};
constexpr std::array for_one{
    "arena",
    "pool > heap",
    "bounded_time",
    "fixed_buffer(4KiB)",
    "stats > pool",
    "stats(counting=single) > heap",
    "debug > heap",
    "debug(concurrent=true) > pool",
    "fallback(fixed_buffer(4KiB), heap)",
    "segregator(256, pool, heap)",
    "limit(bytes=1MiB) > segregator(256, concurrent_pool, arena)",
};

}  // namespace

BOOST_DATA_TEST_CASE(any_number_of_threads, data::make(for_any_number), text) {
    BOOST_TEST(strategy::parse(text).is_thread_safe());
}

BOOST_DATA_TEST_CASE(one_thread_at_a_time, data::make(for_one), text) {
    BOOST_TEST(!strategy::parse(text).is_thread_safe());
}

// A kind that says nothing is taken to serve one thread at a time.
BOOST_AUTO_TEST_CASE(a_layer_of_the_program) {
    strata::register_layer({.name = "silent_about_threads",
                            .make = [](auto& /*options*/, auto upstreams) -> strata::made_layer {
                                return std::make_unique<strata::pool_resource>(upstreams[0]);
                            }});
    BOOST_TEST(!strategy::parse("silent_about_threads > heap").is_thread_safe());
}

BOOST_AUTO_TEST_SUITE_END()
