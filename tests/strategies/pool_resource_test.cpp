// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>
#include <queue>
#include <set>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/asan.hpp"
#include <strata/testing/boost_test_print.hpp>
#include "support/random.hpp"
#include "support/upstream.hpp"
#include "support/written_block.hpp"

BOOST_AUTO_TEST_SUITE(pool_resource_test)

using namespace strata::literals;
using strata::layout;
using strata::pool;
using strata::pool_resource;
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

// --- in place of std::pmr::unsynchronized_pool_resource -----------------------------------------

using drop_ins = std::tuple<std::pmr::unsynchronized_pool_resource, pool_resource>;

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

static_assert(looks_like_the_standards_class<std::pmr::unsynchronized_pool_resource>());
static_assert(looks_like_the_standards_class<pool_resource>());
static_assert(!std::is_convertible_v<pool, pool_resource>);

std::pmr::pool_options options(std::size_t max_blocks, std::size_t largest) {
    std::pmr::pool_options wanted;
    wanted.max_blocks_per_chunk = max_blocks;
    wanted.largest_required_pool_block = largest;
    return wanted;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE_TEMPLATE(draws_from_the_upstream_given_for_life, Pool, drop_ins, upstream) {
    Pool over{&below};
    Pool with_options{options(10, 1000), &below};
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
    const auto usual = Pool{&below}.options();
    const auto zero = Pool{options(0, 0), &below}.options();
    BOOST_TEST(zero.max_blocks_per_chunk == usual.max_blocks_per_chunk);
    BOOST_TEST(zero.largest_required_pool_block == usual.largest_required_pool_block);
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

BOOST_FIXTURE_TEST_CASE_TEMPLATE(a_block_above_the_largest_is_the_upstreams, Pool, drop_ins,
                                 upstream) {
    Pool memory{options(0, 1000), &below};
    const std::size_t above = memory.options().largest_required_pool_block + 1;
    memory.deallocate(memory.allocate(above), above);  // what a std pool keeps for bookkeeping
    const std::size_t before = below.live_blocks();
    void* block = memory.allocate(above);
    void* other = memory.allocate(above, 256);
    BOOST_TEST(below.live_blocks() >= before + 2);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(other) % 256 == 0u);
    memory.deallocate(block, above);
    memory.deallocate(other, above, 256);
    BOOST_TEST(below.live_blocks() <= before + 1);
    static_cast<void>(memory.allocate(above));  // taken back by the end
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

BOOST_FIXTURE_TEST_CASE_TEMPLATE(several_threads_may_use_it_under_a_lock, Pool, drop_ins,
                                 upstream) {
    Pool memory{&below};
    std::mutex mutex;
    bool intact = true;
    const auto work = [&](std::uint64_t seed) {
        tests::random random{seed};
        std::vector<written_block> blocks;
        for (std::size_t step = 0; step != 2000; ++step) {
            const std::lock_guard lock{mutex};
            if (blocks.empty() || random.below(2) == 0) {
                blocks.emplace_back(memory, layout{random.below(500), 8}, step);
            } else {
                const auto block = take(blocks, random.below(blocks.size()));
                intact = intact && block.is_intact();
                block.free_to(memory);
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 1; seed != 5; ++seed) {
        threads.emplace_back(work, seed);
    }
    for (std::thread& each : threads) {
        each.join();
    }
    BOOST_TEST(intact);
}

// --- what the standard leaves open --------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(an_unused_pool_makes_no_call, upstream) {
    {
        pool_resource memory{&below};
        memory.release();
        BOOST_TEST(memory.trim() == 0u);
    }
    BOOST_TEST(calls() == 0u);
}

BOOST_FIXTURE_TEST_CASE(blocks_freed_with_16_bytes_serve_9_to_16, upstream) {
    pool_resource memory{&below};
    auto blocks = allocate(memory, 100, 16);
    deallocate(memory, blocks, 16);
    std::set<void*> again;
    for (std::size_t i = 0; i != 100; ++i) {
        again.insert(memory.allocate(9 + i % 8, 8));
    }
    BOOST_TEST((again == std::set<void*>(blocks.begin(), blocks.end())));
}

BOOST_FIXTURE_TEST_CASE(freeing_neither_returns_memory_nor_asks_for_any, upstream) {
    pool_resource memory{&below};
    const auto blocks = allocate(memory, 1000, 48);
    const std::size_t before = calls();
    fail();
    deallocate(memory, blocks, 48);
    BOOST_TEST(calls() == before);
}

BOOST_DATA_TEST_CASE_F(upstream, little_is_wasted,
                       data::make({16_B, 24_B, 100_B}) ^ data::make({1.2, 1.2, 1.2}), bytes,
                       factor) {
    pool_resource memory{&below};
    allocate(memory, 100'000, bytes);
    BOOST_TEST(static_cast<double>(below.live_bytes()) <=
               factor * 100'000 * static_cast<double>(bytes));
    BOOST_TEST(below.requests().size() <= 300u);
}

BOOST_FIXTURE_TEST_CASE(one_small_block_takes_little, upstream) {
    pool_resource memory{&below};
    static_cast<void>(memory.allocate(8));
    BOOST_TEST(below.live_bytes() <= 4_KiB);
}

BOOST_FIXTURE_TEST_CASE(a_queue_reaches_a_steady_state, upstream) {
    pool_resource memory{&below};
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
    pool_resource memory{&below};
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

BOOST_FIXTURE_TEST_CASE(a_failed_request_changes_nothing, upstream) {
    pool_resource memory{&below};
    const auto blocks = allocate(memory, 10, 24);
    const auto use = memory.usage();
    fail();
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(5000)), tests::upstream_failure);
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(100'000)), tests::upstream_failure);
    BOOST_TEST((memory.usage() == use));
    below.never_fail();
    BOOST_TEST(below.holds(memory.allocate(5000), 5000));
}

BOOST_FIXTURE_TEST_CASE(impossible_requests_are_refused_without_asking, upstream) {
    pool_resource memory{&below};
    static_cast<void>(memory.allocate(1));
    for (const std::size_t bytes : {most, most - 31, most / 2 + 1, most / 2}) {
        for (const std::size_t alignment : {1_B, 64_B, 4_KiB}) {
            BOOST_CHECK_THROW(static_cast<void>(memory.allocate(bytes, alignment)), std::bad_alloc);
        }
    }
    BOOST_TEST(below.requests().size() == 1u);
}

// --- fresh memory -------------------------------------------------------------------------------

namespace {

// An upstream that paints its memory, sees how much paint is left on what comes back, and knows
// where everything is.
class painted_upstream : public std::pmr::memory_resource {
public:
    std::size_t untouched_bytes = 0;

    [[nodiscard]] bool each_chunk_holds_one_of(const std::vector<written_block>& blocks) const {
        return std::ranges::all_of(chunks_, [&](const auto& chunk) {
            return std::ranges::any_of(blocks, [&](const written_block& each) {
                return chunk.first <= each.begin && each.begin < chunk.first + chunk.second;
            });
        });
    }

private:
    static constexpr std::byte paint{0xA5};

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        auto* memory = static_cast<std::byte*>(below_.below.allocate(bytes, alignment));
        std::fill_n(memory, bytes, paint);
        chunks_[memory] = bytes;
        return memory;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        auto* memory = static_cast<std::byte*>(block);
        untouched_bytes += static_cast<std::size_t>(std::count(memory, memory + bytes, paint));
        chunks_.erase(memory);
        below_.below.deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    upstream below_;
    std::map<const std::byte*, std::size_t> chunks_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(fresh_memory_is_touched_only_as_it_is_handed_out) {
    painted_upstream below;
    pool_resource memory{pool{.first_chunk = 64_KiB}, &below};
    for (const std::size_t bytes : {8_B, 24_B, 500_B}) {
        std::memset(memory.allocate(bytes), 0, bytes);
    }
    memory.release();
    BOOST_TEST(below.untouched_bytes >= 64_KiB - 1000);
}

BOOST_AUTO_TEST_CASE(a_block_is_touched_by_nobody_before_its_client) {
    painted_upstream below;
    pool_resource memory{&below};
    const auto* block = static_cast<std::byte*>(memory.allocate(100));
    if (!strata::detail::is_watched()) {  // to a tool the content of a new block means nothing
        BOOST_TEST(std::count(block, block + 100, std::byte{0xA5}) == 100);
    }
}

BOOST_FIXTURE_TEST_CASE(after_a_release_no_free_block_of_before_is_served, upstream) {
    pool_resource memory{&below};
    for (int round = 0; round != 3; ++round) {
        void* one = memory.allocate(40);
        void* two = memory.allocate(40);
        memory.deallocate(one, 40);
        memory.deallocate(two, 40);
        memory.release();
        BOOST_TEST(memory.usage().live_blocks.value() == 0u);
        BOOST_TEST(below.holds(memory.allocate(40), 40));
        BOOST_TEST(below.holds(memory.allocate(40), 40));
        memory.release();
    }
}

// --- large blocks -------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_large_block_costs_little_and_goes_back_at_once, upstream) {
    pool_resource memory{pool{.largest_block = 16_KiB}, &below};
    for (const std::size_t bytes : {16'385_B, 100'000_B, 1_MiB + 7}) {
        void* block = memory.allocate(bytes, 1);
        BOOST_TEST(below.live_blocks() == 1u);
        BOOST_TEST(below.requests().back().size <= bytes + 256);
        memory.deallocate(block, bytes, 1);
        BOOST_TEST(below.live_blocks() == 0u);
    }
}

BOOST_FIXTURE_TEST_CASE(large_blocks_are_found_again_in_any_order, upstream) {
    tests::random random{1};
    pool_resource memory{&below};
    std::vector<written_block> blocks;
    for (std::size_t i = 0; i != 200; ++i) {
        blocks.emplace_back(memory, layout{20'000 + i, random.power_of_two(12)}, i);
    }
    while (!blocks.empty()) {
        BOOST_TEST(memory.usage().live_blocks.value() == blocks.size());
        const auto block = take(blocks, random.below(blocks.size()));
        BOOST_TEST(block.is_intact());
        block.free_to(memory);
    }
    BOOST_TEST(memory.usage().used_bytes.value() == 0u);
    memory.trim();
    BOOST_TEST(below.live_blocks() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_small_block_with_a_large_alignment_is_large, upstream) {
    pool_resource memory{&below};
    void* block = memory.allocate(10, 64_KiB);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 64_KiB == 0u);
    BOOST_TEST(below.requests().back().alignment == 64_KiB);
    memory.deallocate(block, 10, 64_KiB);
    BOOST_TEST(below.live_blocks() == 0u);
}

// --- options ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_largest_block_is_rounded_up_to_a_class_and_capped) {
    const auto in_force = [](std::size_t largest) {
        return pool_resource{pool{.largest_block = largest}}.options().largest_required_pool_block;
    };
    BOOST_TEST(in_force(0) == 8_B);
    BOOST_TEST(in_force(1) == 8u);
    BOOST_TEST(in_force(129) == 144u);
    BOOST_TEST(in_force(4_MiB) == 4_MiB);
    BOOST_TEST(in_force(most) == 4_MiB);
}

BOOST_FIXTURE_TEST_CASE(the_largest_block_is_pooled_and_none_above_it, upstream) {
    pool_resource memory{pool{.largest_block = 1_KiB}, &below};
    memory.deallocate(memory.allocate(1_KiB), 1_KiB);
    BOOST_TEST(below.live_blocks() == 1u);
    memory.deallocate(memory.allocate(1_KiB + 1), 1_KiB + 1);
    BOOST_TEST(below.live_blocks() == 1u);
    BOOST_TEST(below.deallocations() == 1u);
}

BOOST_DATA_TEST_CASE_F(upstream, no_chunk_serves_more_blocks_than_allowed,
                       data::make({1_B, 2_B, 3_B, 10_B, 100_B}) *
                           data::make({8_B, 24_B, 100_B, 4_KiB}),
                       max_blocks, bytes) {
    pool_resource memory{pool{.max_blocks_per_chunk = max_blocks}, &below};
    BOOST_TEST(memory.options().max_blocks_per_chunk == max_blocks);
    allocate(memory, 300, bytes);
    BOOST_TEST(below.requests().size() >= 300 / max_blocks);
}

BOOST_DATA_TEST_CASE_F(upstream, the_first_chunk_is_as_large_as_the_option_says,
                       data::make({1_KiB, 16_KiB, 1_MiB}), first_chunk) {
    pool_resource memory{pool{.first_chunk = first_chunk}, &below};
    static_cast<void>(memory.allocate(8));
    BOOST_TEST(below.requests()[0].size == first_chunk);
}

BOOST_FIXTURE_TEST_CASE(no_chunk_is_larger_than_the_largest_save_for_one_block, upstream) {
    pool_resource memory{pool{.largest_chunk = 8_KiB}, &below};
    allocate(memory, 10'000, 32);
    BOOST_TEST(std::ranges::max(below.requests(), {}, &layout::size).size == 8_KiB);
    static_cast<void>(memory.allocate(16_KiB));
    BOOST_TEST(below.requests().back().size >= 16_KiB);
    BOOST_TEST(below.requests().back().size <= 16_KiB + 64);
}

// The bound is what there is: a pool over a buffer of that size must get its chunk.
BOOST_DATA_TEST_CASE(no_chunk_is_larger_than_it_may_be,
                     data::make({100, 1000, 1024, 4000, 4096}) * data::make({1, 128, 100'000}),
                     largest, blocks) {
    upstream checked;
    const auto bytes = static_cast<std::size_t>(largest);
    pool_resource memory{pool{.max_blocks_per_chunk = static_cast<std::size_t>(blocks),
                              .first_chunk = bytes,
                              .largest_chunk = bytes},
                         &checked.below};
    for (const std::size_t size : {8_B, 16_B, 24_B, 48_B}) {
        allocate(memory, 500, size);
    }
    BOOST_TEST(std::ranges::max(checked.below.requests(), {}, &layout::size).size <= bytes);
}

BOOST_FIXTURE_TEST_CASE(chunks_grow_with_the_pool, upstream) {
    pool_resource memory{&below};
    allocate(memory, 100'000, 64);
    BOOST_TEST(below.requests().front().size == 1_KiB);
    BOOST_TEST(below.requests().back().size >= 256_KiB);
    BOOST_TEST(below.requests().back().size <= 1_MiB);
}

BOOST_AUTO_TEST_CASE(descriptions_are_values) {
    BOOST_TEST((pool{} == pool{.largest_block = 1_MiB}));
    BOOST_TEST((pool{} != pool{.first_chunk = 1}));
}

// --- trim ---------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(trim_gives_back_all_where_nothing_is_live, upstream) {
    static_assert(noexcept(std::declval<pool_resource&>().trim()));
    pool_resource memory{&below};
    for (int round = 0; round != 3; ++round) {
        const auto small = allocate(memory, 5000, 24);
        const auto larger = allocate(memory, 100, 2000);
        deallocate(memory, small, 24);
        deallocate(memory, larger, 2000);
        const std::size_t held = below.live_bytes();
        BOOST_TEST(memory.trim() == held);
        BOOST_TEST(below.live_blocks() == 0u);
        BOOST_TEST(memory.trim() == 0u);
    }
}

BOOST_FIXTURE_TEST_CASE(trim_keeps_a_chunk_for_one_live_block, upstream) {
    pool_resource memory{&below};
    auto blocks = allocate(memory, 50, 16);
    const written_block kept{memory, layout{24, 8}, 42};
    deallocate(memory, blocks, 16);
    BOOST_TEST(below.live_blocks() == 1u);
    BOOST_TEST(memory.trim() == 0u);
    BOOST_TEST(kept.is_intact());
    blocks = allocate(memory, 50, 16);
    BOOST_TEST(kept.is_intact());
    BOOST_TEST(below.live_blocks() == 1u);
}

BOOST_FIXTURE_TEST_CASE(trim_needs_nothing_from_the_upstream_and_keeps_large_blocks, upstream) {
    pool_resource memory{&below};
    const written_block large{memory, layout{100'000, 8}, 42};
    memory.deallocate(memory.allocate(8), 8);
    fail();
    BOOST_TEST(memory.trim() == 1_KiB);
    BOOST_TEST(below.live_blocks() == 1u);
    BOOST_TEST(large.is_intact());
}

BOOST_DATA_TEST_CASE(trim_gives_back_exactly_what_is_wholly_free, data::xrange(1, 9), seed) {
    tests::random random{static_cast<std::uint64_t>(seed)};
    painted_upstream below;
    pool_resource memory{pool{.largest_block = 2_KiB, .first_chunk = 1_KiB, .largest_chunk = 4_KiB},
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
            const std::size_t before = memory.usage().reserved_bytes.value();
            const std::size_t trimmed = memory.trim();
            BOOST_REQUIRE(memory.usage().reserved_bytes.value() == before - trimmed);
            BOOST_REQUIRE(memory.usage().live_blocks.value() == blocks.size());
            BOOST_REQUIRE(below.each_chunk_holds_one_of(blocks));
            BOOST_REQUIRE(std::ranges::all_of(blocks, &written_block::is_intact));
        }
    }
}

// --- inspection ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(usage_counts_whole_blocks, upstream) {
    pool_resource memory{&below};
    void* one = memory.allocate(20, 4);
    void* other = memory.allocate(129, 8);
    BOOST_TEST(memory.usage().used_bytes.value() == 24u + 144u);
    BOOST_TEST(!memory.usage().live_bytes);
    BOOST_TEST(memory.usage().live_blocks.value() == 2u);
    BOOST_TEST(memory.usage().peak_bytes.value() == 24u + 144u);
    memory.deallocate(one, 20, 4);
    BOOST_TEST(memory.usage().used_bytes.value() == 144u);
    memory.deallocate(other, 129, 8);
    BOOST_TEST(memory.usage().used_bytes.value() == 0u);
    BOOST_TEST(memory.usage().live_blocks.value() == 0u);
    BOOST_TEST(memory.usage().peak_bytes.value() == 24u + 144u);
    BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
}

BOOST_FIXTURE_TEST_CASE(usage_counts_large_blocks_too, upstream) {
    pool_resource memory{&below};
    void* block = memory.allocate(100'000);
    BOOST_TEST(memory.usage().live_blocks.value() == 1u);
    BOOST_TEST(memory.usage().used_bytes.value() >= 100'000u);
    BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
    memory.deallocate(block, 100'000);
    BOOST_TEST(memory.usage().used_bytes.value() == 0u);
    BOOST_TEST(memory.usage().peak_bytes.value() >= 100'000u);
}

BOOST_FIXTURE_TEST_CASE(the_peak_outlives_trim_and_release, upstream) {
    pool_resource memory{&below};
    deallocate(memory, allocate(memory, 100, 64), 64);
    memory.trim();
    allocate(memory, 10, 64);
    memory.release();
    BOOST_TEST(memory.usage().peak_bytes.value() == 6400u);
    BOOST_TEST(memory.usage().used_bytes.value() == 0u);
    BOOST_TEST(memory.usage().reserved_bytes.value() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_pool_owns_its_blocks, upstream) {
    pool_resource memory{&below};
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
    const pool_resource memory{&below};
    const pool_resource twin{&below};
    BOOST_TEST(memory.name() == "pool");
    BOOST_TEST(memory.upstream(0) == &below);
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST(memory.is_equal(memory));
    BOOST_TEST(!memory.is_equal(twin));
}

BOOST_AUTO_TEST_CASE(the_object_is_as_small_as_its_header_says) {
    BOOST_TEST(sizeof(pool_resource) < 6800u);
}

BOOST_FIXTURE_TEST_CASE(what_nobody_owns_is_poisoned, upstream, *utf::enable_if<tests::asan>()) {
    pool_resource memory{&below};
    auto* block = static_cast<std::byte*>(memory.allocate(20));
    BOOST_TEST(!tests::is_poisoned(block + 19));
    BOOST_TEST(tests::is_poisoned(block + 32));
    memory.deallocate(block, 20);
    BOOST_TEST(tests::is_poisoned(block));
}

BOOST_AUTO_TEST_SUITE_END()
