// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstring>
#include <limits>
#include <memory_resource>

#include <strata/interop/boost_pmr.hpp>
#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/misuse_recorder.hpp"

BOOST_AUTO_TEST_SUITE(growth_test)

using strata::layout;

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

/// A block of `bytes` bytes, each of which has a value of its own.
std::byte* filled(strata::resource& from, layout wanted) {
    auto* const block = static_cast<std::byte*>(from.allocate(wanted.size, wanted.alignment));
    for (std::size_t i = 0; i != wanted.size; ++i) {
        block[i] = static_cast<std::byte>(i);
    }
    return block;
}

bool is_filled(const std::byte* block, std::size_t bytes) {
    for (std::size_t i = 0; i != bytes; ++i) {
        if (block[i] != static_cast<std::byte>(i)) {
            return false;
        }
    }
    return true;
}

/// An upstream of which each block can grow by 1000 bytes.
struct roomy : strata::checking_resource {
    roomy() { leave_room(1000); }
};

}  // namespace

// --- what every resource has
// ----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_resource_that_says_nothing_of_it_tells_the_size_asked_for_and_lets_none_grow) {
    std::pmr::memory_resource& foreign = *std::pmr::new_delete_resource();
    const strata::sized_block got = strata::allocate_at_least(foreign, {100, 8});
    BOOST_TEST(got.bytes == 100u);
    BOOST_TEST(!strata::try_expand(foreign, got.block, {100, 8}, 101));
    foreign.deallocate(got.block, 100, 8);
}

BOOST_AUTO_TEST_CASE(the_size_that_a_block_has_can_always_be_had) {
    strata::checking_resource upstream;
    void* const block = upstream.allocate(10, 8);
    BOOST_TEST(upstream.try_expand(block, {10, 8}, 10));
    upstream.deallocate(block, 10, 8);
}

// --- sources and strategies
// -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_newest_block_of_a_buffer_grows_to_its_end_and_shrinks) {
    strata::fixed_buffer_resource<256> memory;
    std::byte* const first = filled(memory, {64, 8});
    void* const second = memory.allocate(64, 8);
    BOOST_TEST(!memory.try_expand(first, {64, 8}, 65));
    BOOST_TEST(memory.try_expand(second, {64, 8}, 192));
    BOOST_TEST(!memory.try_expand(second, {192, 8}, 193));
    BOOST_TEST(memory.usage().live_bytes.value() == 256u);
    BOOST_TEST(memory.room_bytes(1) == 0u);
    BOOST_TEST(memory.try_expand(second, {192, 8}, 0));
    BOOST_TEST(memory.room_bytes(1) == 191u);  // a block of 0 bytes takes one
    BOOST_TEST(is_filled(first, 64));
}

BOOST_AUTO_TEST_CASE(the_newest_block_of_an_arena_grows_to_the_end_of_its_chunk) {
    roomy upstream;
    strata::arena_resource memory{strata::arena{.first_chunk = 1024}, &upstream};
    std::byte* const block = filled(memory, {100, 8});
    BOOST_TEST(memory.try_expand(block, {100, 8}, 1000));
    BOOST_TEST(is_filled(block, 100));
    BOOST_TEST(!memory.try_expand(block, {1000, 8}, 5000));
    BOOST_TEST(!memory.try_expand(block, {1000, 8}, most));
    BOOST_TEST(memory.try_expand(block, {1000, 8}, 8));
    auto* const next = static_cast<std::byte*>(memory.allocate(8, 8));
    BOOST_TEST(next == block + 8);
    BOOST_TEST(!memory.try_expand(block, {8, 8}, 16));
    BOOST_TEST(upstream.allocations() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rewind_takes_back_what_a_block_has_grown_by_since_the_mark) {
    strata::arena_resource memory{strata::system_heap()};
    void* const block = memory.allocate(16, 8);
    const strata::arena_mark mark = memory.mark();
    BOOST_TEST(memory.try_expand(block, {16, 8}, 64));
    memory.rewind(mark);
    BOOST_TEST(memory.allocate(8, 8) == static_cast<std::byte*>(block) + 16);
}

template <class Pool>
void check_pool() {
    roomy upstream;
    Pool memory{&upstream};
    const bool exact = strata::detail::is_watched();
    const strata::sized_block small = memory.allocate_at_least({100, 8});
    BOOST_TEST(small.bytes == (exact ? 100u : 104u));
    BOOST_TEST(memory.try_expand(small.block, {100, 8}, 104));
    BOOST_TEST(!memory.try_expand(small.block, {104, 8}, 105));
    BOOST_TEST(memory.try_expand(small.block, {104, 8}, 97));
    BOOST_TEST(!memory.try_expand(small.block, {97, 8}, 96));
    memory.deallocate(small.block, 97, 8);

    // Rounded up to its class, with a header of 32 bytes.
    constexpr layout large{100'000, 8};
    std::byte* const block = filled(memory, large);
    const std::size_t chunks = upstream.live_bytes() - 106'528;
    BOOST_TEST(memory.try_expand(block, large, 106'496));
    BOOST_TEST(upstream.live_bytes() == chunks + 106'528);
    BOOST_TEST(!memory.try_expand(block, {106'496, 8}, 120'000));  // more than the upstream can
    BOOST_TEST(!memory.try_expand(block, {106'496, 8}, most));
    BOOST_TEST(!memory.try_expand(block, {106'496, 8}, 100));  // which would have a class
    BOOST_TEST(memory.try_expand(block, {106'496, 8}, 90'000));
    BOOST_TEST(is_filled(block, 90'000));
    BOOST_TEST((memory.owns(block) == strata::ownership::yes));
    memory.deallocate(block, 90'000, 8);
    memory.trim();
    BOOST_TEST(upstream.live_bytes() <= chunks);
    memory.release();
    BOOST_TEST(upstream.errors().empty());
}

BOOST_AUTO_TEST_CASE(a_block_of_a_pool_grows_within_its_class_and_a_large_one_as_the_upstream_does) {
    check_pool<strata::pool_resource>();
    check_pool<strata::concurrent_pool_resource>();
}

template <class Pool>
void check_refusal_of_a_wrong_size() {
    Pool memory{strata::system_heap()};
    auto* const block = static_cast<std::byte*>(memory.allocate(100'000, 8));
    std::memset(block, 0, 100'000);
    const tests::misuse_recorder recorder;
    BOOST_TEST(!memory.try_expand(block, {90'000, 8}, 95'000));
    BOOST_TEST(recorder.count() == 1u);
    memory.deallocate(block, 100'000, 8);
    BOOST_TEST(recorder.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_wrong_size_is_a_misuse_in_checked_builds) {
    if (strata::library_is_checked()) {
        check_refusal_of_a_wrong_size<strata::pool_resource>();
        check_refusal_of_a_wrong_size<strata::concurrent_pool_resource>();
    }
}

BOOST_AUTO_TEST_CASE(a_block_of_a_concurrent_arena_grows_within_the_slab_of_its_thread) {
    strata::concurrent_arena_resource memory{strata::concurrent_arena{.first_chunk = 1 << 20},
                                             strata::system_heap()};
    std::byte* const block = filled(memory, {100, 8});
    BOOST_TEST(memory.try_expand(block, {100, 8}, 500));
    BOOST_TEST(!memory.try_expand(block, {500, 8}, 5000));
    BOOST_TEST(memory.try_expand(block, {500, 8}, 50));
    void* const next = memory.allocate(8, 8);
    BOOST_TEST(next == block + 56);
    BOOST_TEST(is_filled(block, 50));
    // Larger blocks are taken from the shared arena, and not from a slab.
    void* const middle = memory.allocate(8192, 16);
    BOOST_TEST(memory.try_expand(middle, {8192, 16}, 16'000));
    BOOST_TEST(!memory.try_expand(middle, {16'000, 16}, 20'000));
    constexpr layout large{100'000, 8};
    void* const alone = memory.allocate(large.size, large.alignment);
    BOOST_TEST(memory.try_expand(alone, large, 50'000));
    BOOST_TEST(memory.try_expand(alone, {50'000, 8}, 100'000));
    BOOST_TEST(!memory.try_expand(alone, {100'000, 8}, 100));
}

BOOST_AUTO_TEST_CASE(a_block_of_bounded_time_grows_into_the_free_block_behind_it) {
    alignas(16) std::array<std::byte, 4096> buffer{};
    strata::bounded_time_resource memory{strata::bounded_time{.buffer = buffer}};
    const std::size_t all = memory.free_bytes();
    std::byte* const first = filled(memory, {64, 16});
    void* const second = memory.allocate(64, 16);
    void* const third = memory.allocate(64, 16);
    BOOST_TEST(!memory.try_expand(first, {64, 16}, 65));
    memory.deallocate(second, 64, 16);
    BOOST_TEST(memory.try_expand(first, {64, 16}, 100));
    BOOST_TEST(memory.is_consistent());
    BOOST_TEST(memory.try_expand(first, {100, 16}, 128));
    BOOST_TEST(!memory.try_expand(first, {128, 16}, 129));
    BOOST_TEST(memory.try_expand(first, {128, 16}, 16));
    BOOST_TEST(memory.is_consistent());
    BOOST_TEST(is_filled(first, 16));
    BOOST_TEST(memory.usage().live_bytes.value() == 80u);
    BOOST_TEST(memory.free_bytes() == all - 80);
    memory.deallocate(third, 64, 16);
    BOOST_TEST(!memory.try_expand(first, {16, 16}, most));
    BOOST_TEST(memory.try_expand(first, {16, 16}, all));
    BOOST_TEST(memory.free_bytes() == 0u);
    memory.deallocate(first, all, 16);
    BOOST_TEST(memory.free_bytes() == all);
    BOOST_TEST(memory.is_consistent());
}

BOOST_AUTO_TEST_CASE(a_block_of_a_range_of_pages_grows_into_the_free_pages_behind_it) {
    const std::size_t page = strata::page_resource::page_bytes();
    strata::page_resource memory{strata::pages{.reserve = 16 * page}};
    std::byte* const first = filled(memory, {100, 8});
    BOOST_TEST(memory.try_expand(first, {100, 8}, page));
    void* const second = memory.allocate(page, 8);
    BOOST_TEST(!memory.try_expand(first, {page, 8}, page + 1));
    memory.deallocate(second, page, 8);
    BOOST_TEST(memory.try_expand(first, {page, 8}, 16 * page));
    BOOST_TEST(!memory.try_expand(first, {16 * page, 8}, 16 * page + 1));
    BOOST_TEST(is_filled(first, 100));
    std::memset(first, 1, 16 * page);
    const std::size_t reserved = memory.usage().reserved_bytes.value();
    BOOST_TEST(memory.try_expand(first, {16 * page, 8}, 3 * page));
    BOOST_TEST(memory.usage().reserved_bytes.value() == reserved - 13 * page);
    BOOST_TEST(memory.usage().live_bytes.value() == 3 * page);
    memory.deallocate(first, 3 * page, 8);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(pages_of_their_own_are_given_back_as_a_block_shrinks) {
    const std::size_t page = strata::page_resource::page_bytes();
    strata::page_resource memory;
    std::byte* const block = filled(memory, {8 * page, 8});
    BOOST_TEST(memory.try_expand(block, {8 * page, 8}, page + 1));
    BOOST_TEST(memory.usage().reserved_bytes.value() == 2 * page);
    BOOST_TEST(is_filled(block, page + 1));
    std::size_t size = page + 1;
    if (memory.try_expand(block, {size, 8}, 4 * page)) {  // where nothing was mapped there since
        size = 4 * page;
        std::memset(block, 1, size);
        BOOST_TEST(memory.usage().reserved_bytes.value() == size);
    }
    memory.deallocate(block, size, 8);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(a_block_of_the_heap_grows_within_what_malloc_has_for_it) {
    strata::heap_resource memory;
    const strata::sized_block got = memory.allocate_at_least({100, 8});
    BOOST_TEST(got.bytes >= 100u);
    std::memset(got.block, 1, got.bytes);
    BOOST_TEST(memory.try_expand(got.block, {100, 8}, got.bytes));
    BOOST_TEST(!memory.try_expand(got.block, {got.bytes, 8}, got.bytes + 1));
    BOOST_TEST(!memory.try_expand(got.block, {got.bytes, 8}, 8));
    memory.deallocate(got.block, got.bytes, 8);
}

// --- adaptors
// ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(stats_counts_the_bytes_of_growth_and_no_block) {
    roomy upstream;
    strata::stats_resource memory{&upstream};
    const strata::stats_scope scope{memory};
    void* const block = memory.allocate(100, 8);
    BOOST_TEST(memory.try_expand(block, {100, 8}, 300));
    BOOST_TEST(!memory.try_expand(block, {300, 8}, 5000));
    BOOST_TEST(memory.try_expand(block, {300, 8}, 50));
    for (const strata::allocation_stats& counted : {memory.snapshot(), scope.stats()}) {
        BOOST_TEST(counted.live_bytes == 50);
        BOOST_TEST(counted.peak_bytes == 300);
        BOOST_TEST(counted.allocations == 1);
        BOOST_TEST(counted.allocated_bytes == 300);
        BOOST_TEST(counted.deallocated_bytes == 250);
        BOOST_TEST(counted.failures == 0);
    }
    memory.deallocate(block, 50, 8);
    BOOST_TEST(memory.snapshot().live_bytes == 0);
}

template <class Counting>
void check_counting() {
    roomy upstream;
    strata::stats_resource<std::pmr::memory_resource, Counting> memory{&upstream};
    void* const block = memory.allocate(100, 8);
    BOOST_TEST(memory.try_expand(block, {100, 8}, 300));
    BOOST_TEST(memory.try_expand(block, {300, 8}, 50));
    const strata::allocation_stats now = memory.snapshot();
    BOOST_TEST(now.live_bytes == 50);
    BOOST_TEST(now.peak_bytes == 300);
    BOOST_TEST(now.allocated_bytes == 300);
    BOOST_TEST(now.deallocated_bytes == 250);
    memory.deallocate(block, 50, 8);
}

BOOST_AUTO_TEST_CASE(so_does_each_way_of_counting) {
    check_counting<strata::counting::single>();
    check_counting<strata::counting::relaxed>();
    check_counting<strata::counting::sequential>();
    check_counting<strata::counting::sharded>();
}

BOOST_AUTO_TEST_CASE(a_limit_takes_room_for_growth_and_gives_it_back) {
    roomy upstream;
    strata::limit_resource memory{strata::limit{.bytes = 1000}, &upstream};
    void* const block = memory.allocate(100, 8);
    BOOST_TEST(!memory.try_expand(block, {100, 8}, 1001));
    BOOST_TEST(memory.try_expand(block, {100, 8}, 1000));
    BOOST_TEST(memory.usage().live_bytes.value() == 1000u);
    BOOST_TEST(memory.try_expand(block, {1000, 8}, 200));
    void* const other = memory.allocate(200, 8);
    upstream.deallocate(upstream.allocate(1, 1), 1, 1);
    BOOST_TEST(!memory.try_expand(other, {200, 8}, 200 + 601));
    BOOST_TEST(memory.usage().live_bytes.value() == 400u);
    memory.deallocate(other, 200, 8);
    memory.deallocate(block, 200, 8);
    BOOST_TEST(memory.usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(counts_are_right_whatever_size_a_block_is_freed_with) {
    strata::stack memory{strata::stats{}, strata::limit{.bytes = 4096}, strata::pool{}};
    const strata::sized_block got = memory.allocate_at_least({100, 8});
    BOOST_TEST(got.bytes == 100u);  // since those that count could not tell by the free
    BOOST_TEST(memory.try_expand(got.block, {100, 8}, 104));
    memory.deallocate(got.block, 104, 8);
    BOOST_TEST(memory.get<strata::stats>().snapshot().live_bytes == 0);
    BOOST_TEST(memory.get<strata::limit>().usage().live_bytes.value() == 0u);
}

BOOST_AUTO_TEST_CASE(a_fallback_asks_the_resource_that_made_the_block_and_keeps_its_mark) {
    roomy upstream;
    strata::checking_resource second;
    strata::fallback_resource memory{&upstream, &second};
    std::byte* const block = filled(memory, {100, 8});
    BOOST_TEST(memory.try_expand(block, {100, 8}, 600));
    BOOST_TEST(is_filled(block, 100));
    std::memset(block, 2, 600);
    BOOST_TEST(!memory.try_expand(block, {600, 8}, 5000));
    BOOST_TEST(!memory.try_expand(block, {600, 8}, most));
    BOOST_TEST(memory.try_expand(block, {600, 8}, 10));
    memory.deallocate(block, 10, 8);
    BOOST_TEST(upstream.errors().empty());
    BOOST_TEST(upstream.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(a_fallback_without_marks_passes_on_what_the_owner_says) {
    strata::fixed_buffer_resource<1024> buffer;
    strata::fallback_resource memory{&buffer, strata::system_heap()};
    BOOST_TEST(!memory.marks_blocks());
    void* const block = memory.allocate(100, 8);
    BOOST_TEST(memory.try_expand(block, {100, 8}, 1024));
    BOOST_TEST(buffer.usage().live_bytes.value() == 1024u);
    memory.deallocate(block, 1024, 8);
}

BOOST_AUTO_TEST_CASE(a_segregator_keeps_a_block_within_the_bound_of_its_resource) {
    roomy small;
    roomy large;
    strata::segregator_resource memory{strata::up_to{512}, &small, &large};
    void* const block = memory.allocate(100, 8);
    BOOST_TEST(memory.try_expand(block, {100, 8}, 512));
    BOOST_TEST(!memory.try_expand(block, {512, 8}, 513));
    memory.deallocate(block, 512, 8);
    strata::pool_resource pool;
    strata::segregator_resource split{strata::up_to{101}, &pool, strata::system_heap()};
    const strata::sized_block got = split.allocate_at_least({100, 8});
    BOOST_TEST(got.bytes <= 101u);
    split.deallocate(got.block, got.bytes, 8);
}

BOOST_AUTO_TEST_CASE(the_bridge_from_boost_passes_on_what_is_behind_one_to_boost) {
    roomy upstream;
    strata::to_boost there{&upstream};
    strata::from_boost memory{&there};
    void* const block = memory.allocate(100, 8);
    BOOST_TEST(memory.try_expand(block, {100, 8}, 300));
    memory.deallocate(block, 300, 8);
    BOOST_TEST(upstream.errors().empty());
}

BOOST_AUTO_TEST_CASE(debug_moves_the_fence_and_finds_what_is_written_behind_the_new_end) {
    roomy upstream;
    strata::debug_resource memory{
        strata::debug{.stack_depth = 0, .on_finding = strata::on_finding::report}, &upstream};
    std::byte* const block = filled(memory, {100, 8});
    BOOST_TEST(memory.try_expand(block, {100, 8}, 300));
    BOOST_TEST(is_filled(block, 100));
    std::memset(block + 100, 1, 200);
    BOOST_TEST(!memory.try_expand(block, {300, 8}, 5000));
    BOOST_TEST(!memory.try_expand(block, {200, 8}, 250));  // not what it is
    BOOST_TEST(memory.usage().live_bytes.value() == 300u);
    BOOST_TEST(memory.try_expand(block, {300, 8}, 40));
    BOOST_TEST(memory.check() == 0u);
    memory.deallocate(block, 40, 8);
    BOOST_TEST(memory.findings() == 0u);
    memory.flush();
    BOOST_TEST(memory.findings() == 0u);
}

BOOST_AUTO_TEST_CASE(stacks_and_built_strategies_pass_it_through) {
    strata::stack memory{strata::stats{}, strata::synchronized{}, strata::retry{},
                         strata::arena{.first_chunk = 4096}};
    auto built =
        strata::strategy::parse("stats > synchronized > retry > arena(first_chunk=4KiB)").build();
    for (strata::resource* const each : {static_cast<strata::resource*>(&memory),
                                         static_cast<strata::resource*>(&built)}) {
        void* const block = each->allocate(100, 8);
        BOOST_TEST(each->try_expand(block, {100, 8}, 3000));
        BOOST_TEST(strata::try_expand(*each, block, {3000, 8}, 50));
        BOOST_TEST(each->usage().live_bytes.value() == 50u);
        each->deallocate(block, 50, 8);
    }
}

BOOST_AUTO_TEST_SUITE_END()
