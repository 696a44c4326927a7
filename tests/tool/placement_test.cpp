// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/placement.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <numeric>

BOOST_AUTO_TEST_SUITE(placement_test)

using strata::tool::report::placed_chunk;
using strata::tool::report::placement;
using strata::tool::report::placer;
using strata::tool::trace::event;
using strata::tool::trace::event_kind;

namespace {

event event_of(event_kind kind, std::uint64_t block, std::uint64_t size = 0) {
    event made;
    made.kind = kind;
    made.block = block;
    made.size = size;
    made.alignment_exponent = 4;
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pool_has_the_live_blocks_in_its_chunks) {
    const auto pool = placer::of_pool();
    for (std::uint64_t block = 0; block != 1000; ++block) {
        pool->add(event_of(event_kind::allocate, block, 64));
    }
    for (std::uint64_t block = 0; block != 1000; block += 2) {
        pool->add(event_of(event_kind::deallocate, block));
    }
    pool->add(event_of(event_kind::reallocate, 1, 32));
    pool->add(event_of(event_kind::deallocate, 5000));
    const placement found = pool->now();
    BOOST_TEST(found.is_complete);
    BOOST_TEST(found.blocks == 500u);
    BOOST_TEST(found.live == 499u * 64 + 32);
    BOOST_TEST(found.taken >= 64'000u);
    BOOST_TEST(found.chunks_in_all == found.chunks.size());
    std::uint64_t live = 0;
    for (const placed_chunk& each : found.chunks) {
        BOOST_TEST(std::accumulate(each.live_in.begin(), each.live_in.end(), std::uint64_t{0}) ==
                   each.live);
        BOOST_TEST(each.live <= each.bytes);
        live += each.live;
    }
    BOOST_TEST(live == found.live);
}

BOOST_AUTO_TEST_CASE(an_arena_keeps_what_was_freed) {
    const auto arena = placer::of_arena();
    for (std::uint64_t block = 0; block != 100; ++block) {
        arena->add(event_of(event_kind::allocate, block, 1000));
    }
    arena->add(event_of(event_kind::release, 0));
    arena->add(event_of(event_kind::allocate, 100, 10));
    const placement found = arena->now();
    BOOST_TEST(found.blocks == 1u);
    BOOST_TEST(found.live == 10u);
    BOOST_TEST(found.taken >= 100'000u);
}

BOOST_AUTO_TEST_CASE(of_many_chunks_those_with_the_most_unused_bytes_are_told) {
    const auto pool = placer::of_pool();
    for (std::uint64_t block = 0; block != 40; ++block) {
        pool->add(event_of(event_kind::allocate, block, 1'100'000));
    }
    const placement found = pool->now();
    BOOST_TEST(found.chunks_in_all == 40u);
    BOOST_TEST(found.chunks.size() == placer::most_chunks);
    BOOST_TEST(found.live == 44'000'000u);
}

BOOST_AUTO_TEST_CASE(what_takes_too_much_memory_is_not_placed) {
    const auto pool = placer::of_pool();
    pool->add(event_of(event_kind::allocate, 0, 100));
    pool->add(event_of(event_kind::allocate, 1, placer::most_bytes + 1));
    pool->add(event_of(event_kind::allocate, 2, 8));
    BOOST_TEST(!pool->now().is_complete);
}

BOOST_AUTO_TEST_SUITE_END()
