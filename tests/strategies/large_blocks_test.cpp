// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <thread>
#include <tuple>
#include <vector>

#include <strata/adaptors/limit_resource.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/literals.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/asan.hpp"
#include <strata/testing/boost_test_print.hpp>
#include "support/misuse_recorder.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"
#include "support/written_block.hpp"

BOOST_AUTO_TEST_SUITE(large_blocks_test)

using namespace strata::literals;
using strata::layout;
using tests::allocate;
using tests::deallocate;
using tests::upstream;
using tests::written_block;

using pools = std::tuple<strata::pool_resource, strata::concurrent_pool_resource>;

namespace {

constexpr std::size_t header = 32;

std::size_t class_size(std::size_t bytes) {
    return strata::detail::size_of_class(strata::detail::size_class_of(bytes - 1));
}

// The pool with its first chunk, so that large blocks alone change what the upstream serves.
template <class Pool>
struct started : upstream {
    Pool memory{&below};
    std::size_t chunks = 0;

    started() {
        memory.deallocate(memory.allocate(64), 64);
        chunks = below.live_bytes();
    }
    [[nodiscard]] std::size_t held() const { return below.live_bytes() - chunks; }
};

}  // namespace

// --- kept blocks --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_freed_block_serves_the_next_request, Pool, pools) {
    started<Pool> on;
    for (const std::size_t bytes : {16'385_B, 100'000_B, 1_MiB}) {
        void* const block = on.memory.allocate(bytes);
        const std::size_t before = on.calls();
        for (int i = 0; i != 10; ++i) {
            on.memory.deallocate(block, bytes);
            BOOST_TEST(on.memory.allocate(bytes) == block);
        }
        BOOST_TEST(on.calls() == before);
        on.memory.deallocate(block, bytes);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_freed_block_serves_somewhat_smaller_ones_too, Pool, pools) {
    started<Pool> on;
    void* const block = on.memory.allocate(120'000);
    const std::size_t before = on.calls();
    on.memory.deallocate(block, 120'000);
    BOOST_TEST(on.memory.allocate(100'000) == block);
    on.memory.deallocate(block, 100'000);
    BOOST_TEST(on.memory.allocate(120'000) == block);  // it has not become smaller
    on.memory.deallocate(block, 120'000);
    BOOST_TEST(on.calls() == before);
    BOOST_TEST(on.memory.allocate(60'000) != block);
    BOOST_TEST(on.calls() == before + 1);
    on.memory.release();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(larger_and_aligned_blocks_go_back_at_once, Pool, pools) {
    started<Pool> on;
    for (const auto& [bytes, alignment] : {layout{1_MiB + 1, 8}, {100'000, 64}, {10, 64_KiB}}) {
        on.memory.deallocate(on.memory.allocate(bytes, alignment), bytes, alignment);
        BOOST_TEST(on.held() == 0u);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_block_above_the_largest_is_kept, Pool, pools) {
    upstream on;
    for (const std::size_t largest : {8_B, 16_KiB, 64_KiB}) {
        std::pmr::pool_options options;
        options.largest_required_pool_block = largest;
        Pool memory{options, &on.below};
        memory.deallocate(memory.allocate(64_KiB), 64_KiB);
        BOOST_TEST(on.below.live_bytes() == (largest < 64_KiB ? 0 : 64_KiB + header));
        memory.deallocate(memory.allocate(64_KiB + 1), 64_KiB + 1);
        BOOST_TEST(on.below.live_bytes() == (largest < 64_KiB ? 0 : 64_KiB + header));
    }
}

// --- the bound ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(at_most_an_eighth_of_the_peak_and_1_mib_are_kept, Pool, pools) {
    for (const std::size_t most_live : {10, 50, 200}) {
        BOOST_TEST_CONTEXT("seed " << most_live) {
            tests::random dice{most_live};
            started<Pool> on;
            std::vector<written_block> blocks;
            std::size_t live = 0;
            std::size_t peak = 0;
            bool is_within = true;
            std::size_t reached = 0;
            for (std::size_t i = 0; i != 3000; ++i) {
                // Phases of growth and of decay, each with sizes of its own.
                const bool grows = i / 500 % 2 == 0;
                if (blocks.empty() ||
                    (blocks.size() < most_live && dice.below(10) < (grows ? 7U : 3U))) {
                    const std::size_t bytes =
                        16'385 + dice.below(std::size_t{1} << (15 + i / 1000));
                    blocks.emplace_back(on.memory, layout{bytes, 16}, i);
                    live += class_size(bytes) + header;
                    peak = std::max(peak, live);
                } else {
                    const auto block = tests::take(blocks, dice.below(blocks.size()));
                    BOOST_TEST(block.is_intact());
                    block.free_to(on.memory);
                    live -= class_size(block.as.size) + header;
                }
                const std::size_t beyond = on.held() - live;
                is_within &= beyond <= peak / 8 + 1_MiB;
                reached = std::max(reached, beyond);
            }
            BOOST_TEST(is_within);
            BOOST_TEST(reached > 1_MiB - 128_KiB);
            for (const auto& block : blocks) {
                block.free_to(on.memory);
            }
            BOOST_TEST(on.held() <= peak / 8 + 1_MiB);
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(kept_blocks_of_a_past_size_make_way, Pool, pools) {
    started<Pool> on;
    deallocate(on.memory, allocate(on.memory, 300, 20'000), 20'000);
    for (int i = 0; i != 20; ++i) {
        deallocate(on.memory, allocate(on.memory, 5, 200'000), 200'000);
    }
    const std::size_t before = on.calls();
    deallocate(on.memory, allocate(on.memory, 5, 200'000), 200'000);
    BOOST_TEST(on.calls() == before);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(trim_and_release_give_all_kept_blocks_back, Pool, pools) {
    started<Pool> on;
    for (const bool by_trim : {true, false}) {
        const written_block live{on.memory, layout{50'000, 8}, 1};
        const std::size_t before = on.below.live_bytes();
        deallocate(on.memory, allocate(on.memory, 8, 100'000), 100'000);
        const std::size_t kept = on.below.live_bytes() - before;
        BOOST_TEST(kept == 8 * (class_size(100'000) + header));
        if (by_trim) {
            BOOST_TEST(on.memory.trim() >= kept);
            BOOST_TEST(live.is_intact());
            live.free_to(on.memory);
            BOOST_TEST(on.memory.trim() >= class_size(50'000));
        } else {
            on.memory.release();
            BOOST_TEST(on.below.live_blocks() == 0u);
        }
    }
}

// --- an upstream that fails ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(kept_blocks_go_back_when_the_upstream_has_no_more, Pool, pools) {
    upstream on;
    strata::limit_resource<> room{strata::limit{.bytes = 400'000}, &on.below};
    Pool memory{&room};
    deallocate(memory, allocate(memory, 3, 100'000), 100'000);
    void* const larger = memory.allocate(300'000);
    memory.deallocate(larger, 300'000);
    deallocate(memory, allocate(memory, 250, 1000), 1000);  // chunks too
    BOOST_CHECK_THROW(static_cast<void>(memory.allocate(500'000)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_failure_of_the_upstream_passes_through, Pool, pools) {
    started<Pool> on;
    void* const block = on.memory.allocate(100'000);
    on.fail();
    BOOST_CHECK_THROW(static_cast<void>(on.memory.allocate(100'000)), tests::upstream_failure);
    on.memory.deallocate(block, 100'000);
    BOOST_TEST(on.memory.allocate(100'000) == block);  // needs no upstream
    on.memory.deallocate(block, 100'000);
}

// --- inspection, sizes and misuse ---------------------------------------------------------------

BOOST_AUTO_TEST_CASE_TEMPLATE(a_kept_block_is_reserved_and_not_live, Pool, pools) {
    started<Pool> on;
    void* const block = on.memory.allocate(100'000);
    BOOST_TEST(on.memory.owns(block) == strata::ownership::yes);
    on.memory.deallocate(block, 100'000);
    BOOST_TEST(on.memory.owns(block) == strata::ownership::no);
    const strata::usage now = on.memory.usage();
    BOOST_TEST(now.reserved_bytes.value() == on.below.live_bytes());
    BOOST_TEST(now.live_blocks.value_or(0) == 0u);
    BOOST_TEST(now.used_bytes.value_or(0) == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_block_may_grow_into_the_rest_of_a_kept_one, Pool, pools) {
    started<Pool> on;
    void* const block = on.memory.allocate(120'000);
    on.memory.deallocate(block, 120'000);
    BOOST_TEST(on.memory.allocate(90'000) == block);
    const std::size_t before = on.calls();
    BOOST_TEST(on.memory.try_expand(block, layout{90'000, alignof(std::max_align_t)}, 118'000));
    BOOST_TEST(on.calls() == before);
    std::fill_n(static_cast<std::byte*>(block), 118'000, std::byte{1});
    on.memory.deallocate(block, 118'000);
    BOOST_TEST(on.memory.allocate(120'000) == block);
    on.memory.deallocate(block, 120'000);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_block_is_freed_with_any_size_up_to_the_usable_one, Pool, pools) {
    started<Pool> on;
    const layout as{100'000, 8};
    void* const block = on.memory.allocate(as.size, as.alignment);
    const std::size_t usable = on.memory.usable_size(block, as);
    BOOST_TEST(usable >= as.size);
    BOOST_TEST(usable <= class_size(as.size));
    on.memory.deallocate(block, usable, 8);
    BOOST_TEST(on.memory.allocate(as.size, 8) == block);
    on.memory.deallocate(block, as.size, 8);
}

BOOST_AUTO_TEST_CASE(the_second_free_of_a_kept_block_is_a_misuse) {
    const auto check = [](auto& memory) {
        void* const block = memory.allocate(100'000);
        memory.deallocate(block, 100'000);
        const tests::misuse_recorder recorded;
        memory.deallocate(block, 100'000);
        BOOST_TEST(recorded.messages().size() == 1u);
        void* const one = memory.allocate(100'000);
        BOOST_TEST(one != memory.allocate(100'000));
        memory.deallocate(one, 50'000);
        BOOST_TEST(recorded.messages().size() == 2u);
        memory.release();
    };
    strata::pool_resource pool{strata::pool{.hardened = true}};
    check(pool);
    strata::concurrent_pool_resource concurrent{strata::concurrent_pool{.hardened = true}};
    check(concurrent);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_kept_block_is_poisoned, Pool, pools) {
    if (!tests::asan) {
        return;
    }
    started<Pool> on;
    auto* const block = static_cast<std::byte*>(on.memory.allocate(100'000));
    BOOST_TEST(!tests::is_poisoned(block + 99'999));
    BOOST_TEST(tests::is_poisoned(block + 100'000));
    BOOST_TEST(tests::is_poisoned(block - 1));
    on.memory.deallocate(block, 100'000);
    BOOST_TEST(tests::is_poisoned(block));
    BOOST_TEST(tests::is_poisoned(block + 99'999));
    BOOST_TEST(on.memory.allocate(90'000) == block);
    BOOST_TEST(!tests::is_poisoned(block + 89'999));
    BOOST_TEST(tests::is_poisoned(block + 90'000));
    on.memory.deallocate(block, 90'000);
}

BOOST_AUTO_TEST_SUITE_END()
