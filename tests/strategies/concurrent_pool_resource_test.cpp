// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What one thread sees; the others are in concurrent_pool_threads_test.cpp.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory_resource>
#include <new>
#include <queue>
#include <set>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/testing/boost_test_print.hpp>

#include "support/asan.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"
#include "support/written_block.hpp"

BOOST_AUTO_TEST_SUITE(concurrent_pool_resource_test)

using namespace strata::literals;
using strata::concurrent_pool;
using strata::concurrent_pool_resource;
using strata::layout;
using tests::allocate;
using tests::deallocate;
using tests::take;
using tests::upstream;
using tests::written_block;
namespace utf = boost::unit_test;
namespace data = utf::data;

namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

}  // namespace

// --- in place of std::pmr::synchronized_pool_resource -------------------------------------------

using drop_ins = std::tuple<std::pmr::synchronized_pool_resource, concurrent_pool_resource>;

namespace {

template <class Pool>
constexpr bool looks_like_the_standards_class() {
    using upstream_pointer = std::pmr::memory_resource*;
    using std::pmr::pool_options;
    static_assert(std::is_convertible_v<Pool*, std::pmr::memory_resource*>);
    static_assert(std::has_virtual_destructor_v<Pool>);
    static_assert(!std::is_copy_constructible_v<Pool> && !std::is_copy_assignable_v<Pool>);
    static_assert(!std::is_move_constructible_v<Pool> && !std::is_move_assignable_v<Pool>);
    static_assert(std::is_default_constructible_v<Pool>);
    static_assert(std::is_constructible_v<Pool, upstream_pointer>);
    static_assert(std::is_constructible_v<Pool, pool_options>);
    static_assert(std::is_constructible_v<Pool, pool_options, upstream_pointer>);
    static_assert(!std::is_convertible_v<upstream_pointer, Pool>);
    static_assert(!std::is_convertible_v<pool_options, Pool>);
    return true;
}

static_assert(looks_like_the_standards_class<std::pmr::synchronized_pool_resource>());
static_assert(looks_like_the_standards_class<concurrent_pool_resource>());
static_assert(!std::is_convertible_v<concurrent_pool, concurrent_pool_resource>);

std::pmr::pool_options options(std::size_t max_blocks, std::size_t largest) {
    std::pmr::pool_options wanted;
    wanted.max_blocks_per_chunk = max_blocks;
    wanted.largest_required_pool_block = largest;
    return wanted;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE_TEMPLATE(draws_from_the_upstream_given_for_life, Pool, drop_ins, upstream) {
    Pool over{&below};
    Pool with_options{{10, 1000}, &below};
    for (Pool* each : {&over, &with_options}) {
        static_cast<void>(each->allocate(100));
        BOOST_TEST(each->upstream_resource() == &below);
        each->release();
        BOOST_TEST(each->upstream_resource() == &below);
    }
    BOOST_TEST(below.allocations() >= 2u);
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(draws_from_the_default_resource_of_its_beginning, Pool, drop_ins,
                                 upstream) {
    auto* const previous = std::pmr::set_default_resource(&below);
    Pool plain;
    Pool with_options{options(10, 1000)};
    std::pmr::set_default_resource(previous);
    BOOST_TEST(plain.upstream_resource() == &below);
    BOOST_TEST(with_options.upstream_resource() == &below);
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(options_are_never_0_and_go_round, Pool, drop_ins, upstream) {
    for (const std::size_t largest : {0_B, 1_B, 9_B, 1000_B, 4_KiB}) {
        BOOST_TEST_CONTEXT("largest block " << largest) {
            const auto in_force = Pool{options(0, largest), &below}.options();
            BOOST_TEST(in_force.max_blocks_per_chunk != 0u);
            BOOST_TEST(in_force.largest_required_pool_block != 0u);
            BOOST_TEST(in_force.largest_required_pool_block >= largest);
            const auto again = Pool{in_force, &below}.options();
            BOOST_TEST(again.max_blocks_per_chunk == in_force.max_blocks_per_chunk);
            BOOST_TEST(again.largest_required_pool_block == in_force.largest_required_pool_block);
        }
    }
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(extreme_options_work, Pool, drop_ins, upstream) {
    for (const std::size_t max_blocks : {0_B, 1_B, 2_B, 3_B, 5_B, 17_B, most}) {
        for (const std::size_t largest : {0_B, 1_B, 3_B, 100_B, 5000_B, most}) {
            BOOST_TEST_CONTEXT(max_blocks << " blocks, largest " << largest) {
                Pool memory{options(max_blocks, largest), &below};
                std::vector<written_block> blocks;
                for (std::size_t i = 0; i != 60; ++i) {
                    blocks.emplace_back(memory, layout{i * i, std::size_t{1} << i % 8}, i);
                }
                for (const written_block& each : blocks) {
                    BOOST_TEST(each.is_intact());
                    each.free_to(memory);
                }
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(a_block_used_again_and_again_makes_no_call, Pool, drop_ins,
                                 upstream) {
    Pool memory{&below};
    for (const std::size_t bytes : {0_B, 1_B, 24_B, 1000_B, 4_KiB}) {
        memory.deallocate(memory.allocate(bytes), bytes);
        const std::size_t before = calls();
        for (int round = 0; round != 100; ++round) {
            memory.deallocate(memory.allocate(bytes), bytes);
        }
        BOOST_TEST(calls() == before);
    }
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(freed_blocks_serve_again_while_the_upstream_is_dead, Pool,
                                 drop_ins, upstream) {
    Pool memory{&below};
    auto blocks = allocate(memory, 5000, 40);
    fail();
    const std::size_t before = calls();
    for (int round = 0; round != 5; ++round) {
        deallocate(memory, blocks, 40);
        blocks = allocate(memory, 5000, 40);
        BOOST_TEST((std::set<void*>(blocks.begin(), blocks.end()).size() == 5000u));
    }
    BOOST_TEST(calls() == before);
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(many_blocks_are_few_requests, Pool, drop_ins, upstream) {
    Pool memory{&below};
    allocate(memory, 200'000, 32);
    BOOST_TEST(below.requests().size() <= 2500u);
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(release_takes_live_blocks_too, Pool, drop_ins, upstream) {
    Pool memory{&below};
    for (int round = 0; round != 20; ++round) {
        allocate(memory, 100, 24);
        allocate(memory, 10, 100'000);
        memory.release();
        BOOST_TEST(below.live_blocks() == 0u);
    }
    memory.release();
}

BOOST_FIXTURE_TEST_CASE_TEMPLATE(several_threads_may_use_it, Pool, drop_ins, upstream) {
    Pool memory{&below};
    const auto work = [&](bool& intact, std::uint64_t seed) {
        tests::random random{seed};
        std::vector<written_block> blocks;
        for (std::size_t step = 0; step != 2000; ++step) {
            if (blocks.empty() || random.below(2) == 0) {
                blocks.emplace_back(memory, layout{random.below(500), 8}, step);
            } else {
                const auto block = take(blocks, random.below(blocks.size()));
                intact = intact && block.is_intact();
                block.free_to(memory);
            }
        }
    };
    bool one_intact = true;
    bool other_intact = true;
    std::thread one{work, std::ref(one_intact), 1};
    std::thread other{work, std::ref(other_intact), 2};
    one.join();
    other.join();
    BOOST_TEST(one_intact);
    BOOST_TEST(other_intact);
}

// --- what the standard leaves open --------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(an_unused_pool_makes_no_call, upstream) {
    {
        concurrent_pool_resource memory{&below};
        memory.release();
        BOOST_TEST(memory.trim() == 0u);
        BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
    }
    BOOST_TEST(calls() == 0u);
}

BOOST_FIXTURE_TEST_CASE(blocks_freed_with_16_bytes_serve_9_to_16, upstream) {
    concurrent_pool_resource memory{&below};
    auto blocks = allocate(memory, 100, 16);
    deallocate(memory, blocks, 16);
    std::set<void*> again;
    for (std::size_t i = 0; i != 100; ++i) {
        again.insert(memory.allocate(9 + i % 8, 8));
    }
    BOOST_TEST((again == std::set<void*>(blocks.begin(), blocks.end())));
}

BOOST_FIXTURE_TEST_CASE(freeing_neither_returns_memory_nor_asks_for_any, upstream) {
    concurrent_pool_resource memory{&below};
    const auto blocks = allocate(memory, 1000, 48);
    const std::size_t before = calls();
    fail();
    deallocate(memory, blocks, 48);
    BOOST_TEST(calls() == before);
}

BOOST_DATA_TEST_CASE_F(upstream, little_is_wasted, data::make({16_B, 24_B, 100_B, 1000_B}),
                       bytes) {
    concurrent_pool_resource memory{&below};
    allocate(memory, 20'000, bytes);
    BOOST_TEST(below.live_bytes() <= bytes * 20'000 / 10 * 12);
    BOOST_TEST(below.requests().size() <= 300u);
}

BOOST_FIXTURE_TEST_CASE(one_small_block_takes_little, upstream) {
    concurrent_pool_resource memory{&below};
    static_cast<void>(memory.allocate(8));
    BOOST_TEST(below.live_blocks() == 1u);
    BOOST_TEST(below.live_bytes() <= 16_KiB);
}

BOOST_FIXTURE_TEST_CASE(a_queue_reaches_a_steady_state, upstream) {
    concurrent_pool_resource memory{&below};
    std::queue<void*> queue;
    std::size_t before = 0;
    for (int step = 0; step != 10'000; ++step) {
        queue.push(memory.allocate(64));
        if (queue.size() > 300) {
            memory.deallocate(queue.front(), 64);
            queue.pop();
        }
        before = step == 1000 ? calls() : before;
    }
    BOOST_TEST(calls() == before);
}

BOOST_FIXTURE_TEST_CASE(steady_churn_does_not_grow_without_bound, upstream) {
    tests::random random{1};
    concurrent_pool_resource memory{&below};
    std::vector<written_block> blocks;
    std::size_t early = 0;
    for (std::size_t step = 0; step != 100'000; ++step) {
        if (blocks.size() == 500) {
            take(blocks, random.below(blocks.size())).free_to(memory);
        }
        blocks.emplace_back(memory, layout{random.below(1000), 8}, step);
        early = step == 20'000 ? below.live_bytes() : early;
    }
    BOOST_TEST(below.live_bytes() <= 2 * early);
}

// The upstream gives exactly the alignment that is asked of it.
BOOST_FIXTURE_TEST_CASE(every_size_has_every_alignment, upstream) {
    concurrent_pool_resource memory{&below};
    std::vector<written_block> blocks;
    for (std::size_t alignment = 1; alignment <= 64_KiB; alignment *= 2) {
        for (const std::size_t bytes : {0_B, 1_B, 8_B, 9_B, 48_B, 1000_B, 5000_B, 20'000_B}) {
            for (int copy = 0; copy != 3; ++copy) {
                blocks.emplace_back(memory, layout{bytes, alignment}, blocks.size());
            }
        }
    }
    for (const written_block& each : blocks) {
        BOOST_TEST_CONTEXT("size " << each.as.size << ", alignment " << each.as.alignment) {
            BOOST_TEST(each.is_intact());
        }
        each.free_to(memory);
    }
}

// --- failures -----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_failed_request_changes_nothing, upstream) {
    concurrent_pool_resource memory{&below};
    const auto blocks = allocate(memory, 10, 24);
    const auto use = memory.usage();
    fail();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(16'000)), tests::upstream_failure);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(100'000)), tests::upstream_failure);
    BOOST_TEST((memory.usage() == use));
    below.never_fail();
    BOOST_TEST(below.holds(memory.allocate(16'000), 16'000));
}

BOOST_FIXTURE_TEST_CASE(the_first_request_of_all_may_fail, upstream) {
    concurrent_pool_resource memory{&below};
    fail();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(100)), tests::upstream_failure);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
    below.never_fail();
    BOOST_TEST(below.holds(memory.allocate(100), 100));
}

BOOST_FIXTURE_TEST_CASE(a_thread_goes_without_what_the_upstream_refuses_for_it, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.max_blocks_per_chunk = 1}, &below};
    below.fail_at(1);
    void* block = memory.allocate(100);
    below.fail_at(1);
    memory.deallocate(block, 100);
    below.fail_at(1);
    BOOST_TEST(memory.allocate(100) == block);
    BOOST_TEST(below.live_blocks() == 1u);
}

BOOST_FIXTURE_TEST_CASE(impossible_requests_are_refused_without_asking, upstream) {
    concurrent_pool_resource memory{&below};
    static_cast<void>(memory.allocate(1));
    for (const std::size_t bytes : {most, most - 31, most / 2 + 1, most / 2}) {
        for (const std::size_t alignment : {1_B, 64_B, 4_KiB}) {
            BOOST_CHECK_THROW(static_cast<void>(memory.allocate(bytes, alignment)), std::bad_alloc);
        }
    }
    BOOST_TEST(below.requests().size() == 1u);
}

// --- large blocks -------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_large_block_costs_little_and_goes_back_at_once, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.largest_block = 16_KiB}, &below};
    for (const std::size_t bytes : {16'385_B, 100'000_B, 1_MiB + 7}) {
        void* block = memory.allocate(bytes, 1);
        BOOST_TEST(below.live_blocks() == 1u);
        BOOST_TEST(below.requests().back().size <= bytes + 256);
        BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
        memory.deallocate(block, bytes, 1);
        BOOST_TEST(below.live_blocks() == 0u);
    }
}

BOOST_FIXTURE_TEST_CASE(a_small_block_with_a_large_alignment_is_large, upstream) {
    concurrent_pool_resource memory{&below};
    for (const std::size_t bytes : {10_B, 0_B}) {
        void* block = memory.allocate(bytes, 64_KiB);
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 64_KiB == 0u);
        BOOST_TEST(below.requests().back().alignment == 64_KiB);
        memory.deallocate(block, bytes, 64_KiB);
        BOOST_TEST(below.live_blocks() == 0u);
    }
}

// --- options ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_largest_block_is_rounded_up_to_a_class_and_capped) {
    const auto in_force = [](std::size_t largest) {
        return concurrent_pool_resource{concurrent_pool{.largest_block = largest}}
            .options()
            .largest_required_pool_block;
    };
    BOOST_TEST(in_force(0) == 8_B);
    BOOST_TEST(in_force(1) == 8u);
    BOOST_TEST(in_force(129) == 144u);
    BOOST_TEST(in_force(4_MiB) == 4_MiB);
    BOOST_TEST(in_force(most) == 4_MiB);
}

BOOST_DATA_TEST_CASE_F(upstream, the_largest_block_is_pooled_and_none_above_it,
                       data::make({8_B, 1_KiB, 16_KiB, 1_MiB}), largest) {
    concurrent_pool_resource memory{concurrent_pool{.largest_block = largest}, &below};
    memory.deallocate(memory.allocate(largest, 1), largest, 1);
    const std::size_t chunks = below.live_blocks();
    BOOST_TEST(below.deallocations() == 0u);
    memory.deallocate(memory.allocate(largest + 1, 1), largest + 1, 1);
    BOOST_TEST(below.live_blocks() == chunks);
    BOOST_TEST(below.deallocations() == 1u);
}

BOOST_DATA_TEST_CASE_F(upstream, no_chunk_serves_more_blocks_than_allowed,
                       data::make({1_B, 2_B, 3_B, 10_B, 100_B}) *
                           data::make({16_B, 24_B, 104_B, 4_KiB}),
                       max_blocks, block_size) {
    concurrent_pool_resource memory{concurrent_pool{.max_blocks_per_chunk = max_blocks}, &below};
    BOOST_TEST(memory.options().max_blocks_per_chunk == max_blocks);
    allocate(memory, 1000, block_size);
    // The first is taken for the thread's cache.
    for (std::size_t i = 1; i < below.requests().size(); ++i) {
        BOOST_TEST(below.requests()[i].size < (max_blocks + 1) * block_size + 40);
    }
}

BOOST_DATA_TEST_CASE_F(upstream, extreme_chunks_work, data::make({1_B, 100_B, 64_KiB}) *
                                                          data::make({1_B, 5000_B, most}),
                       first_chunk, largest_chunk) {
    tests::random random{1};
    concurrent_pool_resource memory{concurrent_pool{.largest_block = 64_KiB,
                                                    .first_chunk = first_chunk,
                                                    .largest_chunk = largest_chunk},
                                    &below};
    std::vector<written_block> blocks;
    for (std::size_t step = 0; step != 1000; ++step) {
        blocks.emplace_back(
            memory, layout{random.below(random.power_of_two(17)), random.power_of_two(10)}, step);
        if (random.below(3) == 0) {
            take(blocks, random.below(blocks.size())).free_to(memory);
        }
        if (step % 100 == 0) {
            memory.trim();
        }
    }
    BOOST_TEST(std::ranges::all_of(blocks, &written_block::is_intact));
}

BOOST_DATA_TEST_CASE_F(upstream, the_first_chunk_is_as_large_as_the_option_says,
                       data::make({8_KiB, 16_KiB, 1_MiB}), first_chunk) {
    concurrent_pool_resource memory{concurrent_pool{.first_chunk = first_chunk}, &below};
    static_cast<void>(memory.allocate(8));
    BOOST_TEST(below.requests()[0].size == first_chunk);
}

BOOST_FIXTURE_TEST_CASE(no_chunk_is_larger_than_the_largest_save_for_one_block, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.largest_chunk = 8_KiB}, &below};
    allocate(memory, 10'000, 32);
    BOOST_TEST(std::ranges::max(below.requests(), {}, &layout::size).size == 8_KiB);
    static_cast<void>(memory.allocate(16_KiB));
    BOOST_TEST(below.requests().back().size >= 16_KiB);
    BOOST_TEST(below.requests().back().size <= 16_KiB + 64);
}

BOOST_AUTO_TEST_CASE(descriptions_are_values) {
    BOOST_TEST((concurrent_pool{} == concurrent_pool{.largest_block = 1_MiB}));
    BOOST_TEST((concurrent_pool{} != concurrent_pool{.first_chunk = 1}));
}

// --- trim ---------------------------------------------------------------------------------------

namespace {

// In the first chunk the pool keeps what it knows of the thread, and at first nothing else.
constexpr concurrent_pool cache_apart{.first_chunk = 1};

}  // namespace

BOOST_FIXTURE_TEST_CASE(trim_gives_back_all_where_nothing_is_live, upstream) {
    static_assert(noexcept(std::declval<concurrent_pool_resource&>().trim()));
    concurrent_pool_resource memory{cache_apart, &below};
    for (int round = 0; round != 3; ++round) {
        const auto small = allocate(memory, 5000, 24);
        const auto smallest = allocate(memory, 3000, 8);
        const auto larger = allocate(memory, 100, 2000);
        deallocate(memory, small, 24);
        deallocate(memory, smallest, 8);
        deallocate(memory, larger, 2000);
        const std::size_t held = below.live_bytes();
        BOOST_TEST(memory.trim() == held - below.requests()[0].size);
        BOOST_TEST(below.live_blocks() == 1u);
        BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
        BOOST_TEST(memory.trim() == 0u);
    }
}

BOOST_FIXTURE_TEST_CASE(trim_keeps_a_chunk_for_one_live_block, upstream) {
    concurrent_pool_resource memory{cache_apart, &below};
    auto blocks = allocate(memory, 40, 16);
    const written_block kept{memory, layout{24, 8}, 42};
    deallocate(memory, blocks, 16);
    memory.trim();
    const std::size_t chunks = below.live_blocks();
    BOOST_TEST(chunks >= 2u);
    BOOST_TEST(memory.trim() == 0u);
    BOOST_TEST(kept.is_intact());
    kept.free_to(memory);
    BOOST_TEST(memory.trim() != 0u);
    BOOST_TEST(below.live_blocks() == 1u);
}

BOOST_FIXTURE_TEST_CASE(trim_needs_nothing_from_the_upstream_and_keeps_large_blocks, upstream) {
    concurrent_pool_resource memory{cache_apart, &below};
    const written_block large{memory, layout{100'000, 8}, 42};
    memory.deallocate(memory.allocate(8), 8);
    fail();
    BOOST_TEST(memory.trim() != 0u);
    BOOST_TEST(below.live_blocks() == 2u);
    BOOST_TEST(large.is_intact());
}

BOOST_FIXTURE_TEST_CASE(trim_by_a_thread_without_a_cache_makes_none, upstream) {
    concurrent_pool_resource memory{cache_apart, &below};
    std::thread{[&] { deallocate(memory, allocate(memory, 1000, 64), 64); }}.join();
    BOOST_TEST(memory.trim() != 0u);
    BOOST_TEST(below.live_blocks() == 1u);
    memory.release();
    BOOST_TEST(memory.trim() == 0u);
    BOOST_TEST(below.live_blocks() == 0u);
}

BOOST_DATA_TEST_CASE(trim_gives_back_exactly_what_is_wholly_free, data::xrange(1, 9), seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    upstream fixture;
    auto& below = fixture.below;
    concurrent_pool_resource memory{
        concurrent_pool{.largest_block = 2_KiB, .first_chunk = 1_KiB, .largest_chunk = 4_KiB},
        &below};
    std::vector<written_block> blocks;
    for (std::size_t step = tests::operations(20'000) / 8; step-- != 0;) {
        // The pool breathes: mostly growing, then mostly shrinking.
        if (blocks.empty() || random.below(10) < (step / 300 % 2 == 0 ? 7u : 3u)) {
            blocks.emplace_back(
                memory, layout{random.below(random.power_of_two(12)), random.power_of_two(8)},
                step);
        } else {
            const auto block = take(blocks, random.below(blocks.size()));
            BOOST_REQUIRE(block.is_intact());
            block.free_to(memory);
        }
        if (random.below(50) == 0) {
            const std::size_t before = below.live_bytes();
            const std::size_t trimmed = memory.trim();
            BOOST_REQUIRE(below.live_bytes() == before - trimmed);
            BOOST_REQUIRE(memory.usage().reserved_bytes.value() == before - trimmed);
            // Each chunk has a live block, save for the one with the thread's cache.
            BOOST_REQUIRE(below.live_blocks() <= blocks.size() + 1);
            BOOST_REQUIRE(std::ranges::all_of(blocks, &written_block::is_intact));
        }
    }
    for (const written_block& each : blocks) {
        each.free_to(memory);
    }
    memory.trim();
    BOOST_TEST(below.live_blocks() == 1u);
}

// --- inspection ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(usage_tells_what_is_reserved_and_nothing_else, upstream) {
    concurrent_pool_resource memory{&below};
    allocate(memory, 100, 500);
    allocate(memory, 2, 100'000);
    BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
    BOOST_TEST(!memory.usage().live_bytes.has_value());
    BOOST_TEST(!memory.usage().live_blocks.has_value());
    BOOST_TEST(!memory.usage().peak_bytes.has_value());
    memory.release();
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_pool_owns_its_blocks, upstream) {
    concurrent_pool_resource memory{&below};
    const int foreign = 0;
    void* large = memory.allocate(100'000);
    BOOST_TEST(memory.owns(memory.allocate(10)) == strata::ownership::yes);
    BOOST_TEST(memory.owns(memory.allocate(5000)) == strata::ownership::yes);
    BOOST_TEST(memory.owns(large) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&foreign) == strata::ownership::no);
    memory.deallocate(large, 100'000);
    BOOST_TEST(memory.owns(large) == strata::ownership::no);
}

BOOST_FIXTURE_TEST_CASE(a_pool_has_a_name_an_upstream_and_no_equal, upstream) {
    const concurrent_pool_resource memory{&below};
    const concurrent_pool_resource twin{&below};
    BOOST_TEST(memory.name() == "concurrent_pool");
    BOOST_TEST(memory.upstream(0) == &below);
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(twin));
}

BOOST_AUTO_TEST_CASE(object_and_threads_are_as_small_as_the_header_says) {
    BOOST_TEST(sizeof(concurrent_pool_resource) <= 5120u);
    BOOST_TEST(sizeof(strata::detail::thread_state) <= 32u);
    BOOST_TEST(sizeof(strata::detail::thread_record) <= 1152u);
}

// --- poisoning ----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(what_nobody_owns_is_poisoned, upstream, *utf::enable_if<tests::asan>()) {
    concurrent_pool_resource memory{&below};
    auto* block = static_cast<std::byte*>(memory.allocate(20));
    BOOST_TEST(!tests::is_poisoned(block + 19));
    BOOST_TEST(tests::is_poisoned(block + 32));
    memory.deallocate(block, 20);
    BOOST_TEST(tests::is_poisoned(block));
    BOOST_TEST(tests::is_poisoned(block + 19));
}

BOOST_FIXTURE_TEST_CASE(free_blocks_are_poisoned_wherever_they_are, upstream,
                        *utf::enable_if<tests::asan>()) {
    concurrent_pool_resource memory{&below};
    const auto are_poisoned = [](const std::vector<void*>& blocks) {
        return std::ranges::all_of(blocks, [](const void* block) {
            const auto* begin = static_cast<const std::byte*>(block);
            return std::all_of(begin, begin + 24,
                               [](const std::byte& each) { return tests::is_poisoned(&each); });
        });
    };
    const written_block kept{memory, layout{24, 8}, 42};
    const auto blocks = allocate(memory, 1000, 24);
    deallocate(memory, blocks, 24);  // into lists, batches and what threads share
    BOOST_TEST(are_poisoned(blocks));
    memory.trim();
    std::thread{[&] { memory.deallocate(memory.allocate(24), 24); }}.join();
    const auto again = allocate(memory, 1000, 20);
    for (void* each : again) {
        BOOST_TEST(!tests::is_poisoned(static_cast<std::byte*>(each) + 19));
        BOOST_TEST(tests::is_poisoned(static_cast<std::byte*>(each) + 20));
    }
}

BOOST_AUTO_TEST_CASE(what_goes_back_is_not_poisoned, *utf::enable_if<tests::asan>()) {
    alignas(64) static std::byte buffer[500'000];
    {
        strata::fixed_buffer_resource<> below{buffer, sizeof buffer};
        concurrent_pool_resource memory{&below};
        deallocate(memory, allocate(memory, 500, 24), 24);
        memory.trim();
        allocate(memory, 10, 5000);
        memory.release();
    }
    BOOST_TEST(std::ranges::none_of(
        buffer, [](const std::byte& each) { return tests::is_poisoned(&each); }));
}

BOOST_AUTO_TEST_SUITE_END()
