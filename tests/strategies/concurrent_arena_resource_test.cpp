// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <set>
#include <vector>

#include <strata/core/literals.hpp>
#include <strata/strategies/concurrent_arena_resource.hpp>
#include <strata/testing/boost_test_print.hpp>

#include "support/asan.hpp"
#include "support/joined_thread.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(concurrent_arena_resource_test)

using namespace strata::literals;
using strata::concurrent_arena;
using strata::concurrent_arena_resource;
using tests::upstream;
namespace utf = boost::unit_test;
namespace data = utf::data;

namespace {

constexpr std::size_t thread_count = 4;

// Runs the work in threads of their own, at once, each told its number.
template <class Work>
void in_threads(std::size_t count, Work work) {
    std::vector<tests::joined_thread> threads;
    for (std::size_t number = 0; number != count; ++number) {
        threads.emplace_back([=] { work(number); });
    }
}

struct filled_block {
    std::byte* begin;
    std::size_t bytes;
    std::size_t alignment;
    std::byte content;

    [[nodiscard]] bool is_intact() const {
        return reinterpret_cast<std::uintptr_t>(begin) % alignment == 0 &&
               std::all_of(begin, begin + bytes, [&](std::byte each) { return each == content; });
    }
};

// Blocks of any size and alignment, filled with what tells them apart.
std::vector<filled_block> random_blocks(concurrent_arena_resource& memory, std::uint64_t seed,
                                        std::size_t count) {
    tests::random dice{seed};
    std::vector<filled_block> blocks;
    for (std::size_t i = 0; i != count; ++i) {
        const std::size_t bytes = dice.below(10) == 0 ? dice.below(40'000) : dice.below(300);
        const std::size_t alignment = dice.power_of_two(9);
        auto* begin = static_cast<std::byte*>(memory.allocate(bytes, alignment));
        blocks.push_back({begin, bytes, alignment, static_cast<std::byte>(dice.below(256))});
        std::fill_n(begin, bytes, blocks.back().content);
    }
    return blocks;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(nothing_is_taken_before_it_is_needed, upstream) {
    const concurrent_arena_resource memory{&below};
    BOOST_TEST(calls() == 0u);
    BOOST_TEST(memory.name() == "concurrent_arena");
    BOOST_TEST(memory.upstream(0) == &below);
    BOOST_TEST(memory.upstream(1) == nullptr);
    BOOST_TEST(memory.upstream_resource() == &below);
    BOOST_TEST(!memory.is_equal(below));
}

BOOST_FIXTURE_TEST_CASE(blocks_keep_their_content, upstream) {
    concurrent_arena_resource memory{&below};
    const auto blocks = random_blocks(memory, 1, 5000);
    BOOST_TEST(std::ranges::all_of(blocks, &filled_block::is_intact));
    BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
    BOOST_TEST(!memory.usage().live_bytes.has_value());
}

BOOST_FIXTURE_TEST_CASE(size_0_is_distinct_and_freeing_does_nothing, upstream) {
    concurrent_arena_resource memory{&below};
    std::set<void*> distinct;
    for (int i = 0; i != 100; ++i) {
        void* block = memory.allocate(0, 1);
        memory.deallocate(block, 0, 1);
        BOOST_TEST_REQUIRE(distinct.insert(block).second);
    }
}

BOOST_FIXTURE_TEST_CASE(impossible_sizes_are_refused, upstream) {
    concurrent_arena_resource memory{&below};
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t bytes : {most, most - 1, most - 4096, most / 2 + 1}) {
        for (const std::size_t alignment : {1_B, 64_B, 1_MiB}) {
            BOOST_CHECK_THROW((void)memory.allocate(bytes, alignment), std::bad_alloc);
        }
    }
    std::memset(memory.allocate(100), 1, 100);
}

BOOST_FIXTURE_TEST_CASE(an_upstreams_exception_passes_and_changes_nothing, upstream) {
    for (std::size_t nth = 1; nth != 12; ++nth) {
        concurrent_arena_resource memory{concurrent_arena{.first_chunk = 1, .growth = 1.0}, &below};
        below.fail_from(nth, strata::checking_resource::failure::foreign);
        std::vector<filled_block> blocks;
        try {
            blocks = random_blocks(memory, nth, 100);
        } catch (const tests::upstream_failure&) {
        }
        below.fail_from(0, strata::checking_resource::failure::foreign);
        const auto more = random_blocks(memory, nth, 100);
        BOOST_TEST(std::ranges::all_of(more, &filled_block::is_intact));
    }
}

BOOST_FIXTURE_TEST_CASE(a_second_round_of_the_same_work_takes_nothing_new, upstream) {
    concurrent_arena_resource memory{&below};
    for (int round = 0; round != 4; ++round) {
        const std::size_t before = below.requests().size();
        for (int i = 0; i != 3000; ++i) {
            std::memset(memory.allocate(100, 8), round, 100);
        }
        BOOST_TEST((round == 0 || below.requests().size() == before));
        memory.reset();
    }
    memory.reset(strata::retain::none);
    BOOST_TEST(below.live_blocks() == 0u);
    (void)memory.allocate(100_KiB);
    memory.reset(1_KiB);
    BOOST_TEST(below.live_bytes() <= 1_KiB);
}

BOOST_FIXTURE_TEST_CASE(the_initial_buffer_comes_first, upstream) {
    alignas(64) std::array<std::byte, 4096> buffer;
    concurrent_arena_resource memory{concurrent_arena{.initial_buffer = buffer}, &below};
    const auto* block = static_cast<const std::byte*>(memory.allocate(100));
    BOOST_TEST((block >= buffer.data() && block < buffer.data() + buffer.size()));
    BOOST_TEST(calls() == 0u);
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&below) == strata::ownership::no);
    memory.release();
}

BOOST_FIXTURE_TEST_CASE(what_nobody_owns_is_poisoned, upstream, *utf::enable_if<tests::asan>()) {
    concurrent_arena_resource memory{&below};
    auto* block = static_cast<std::byte*>(memory.allocate(20, 8));
    BOOST_TEST(!tests::is_poisoned(block + 19));
    BOOST_TEST(tests::is_poisoned(block + 20));
}

// --- threads ------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(threads_have_blocks_of_their_own, upstream) {
    concurrent_arena_resource memory{&below};
    for (int round = 0; round != 5; ++round) {
        std::array<std::vector<filled_block>, thread_count> blocks;
        in_threads(thread_count, [&](std::size_t number) {
            blocks[number] = random_blocks(memory, number, 1000);
        });
        for (const auto& each : blocks) {
            BOOST_TEST(std::ranges::all_of(each, &filled_block::is_intact));
        }
        memory.reset();
    }
}

BOOST_FIXTURE_TEST_CASE(no_two_threads_share_a_cache_line, upstream) {
    concurrent_arena_resource memory{&below};
    std::array<std::set<std::uintptr_t>, thread_count> lines;
    in_threads(thread_count, [&](std::size_t number) {
        for (std::size_t i = 0; i != 2000; ++i) {
            const std::size_t bytes = 1 + i % 100;
            const auto at = reinterpret_cast<std::uintptr_t>(memory.allocate(bytes, 1));
            lines[number].insert({at / 64, (at + bytes - 1) / 64});
        }
    });
    std::size_t sum = 0;
    std::set<std::uintptr_t> all;
    for (const auto& each : lines) {
        sum += each.size();
        all.insert(each.begin(), each.end());
    }
    BOOST_TEST(all.size() == sum);
}

// Eight bytes of memory have one byte of AddressSanitizer's shadow. Here neighbours in such eight
// bytes belong to two threads, which announce and poison them at once.
BOOST_FIXTURE_TEST_CASE(threads_may_poison_blocks_next_to_each_other, upstream) {
    concurrent_arena_resource memory{concurrent_arena{.largest_slab = 1_KiB}, &below};
    in_threads(thread_count, [&](std::size_t number) {
        tests::random dice{number};
        for (int i = 0; i != 20'000; ++i) {
            const std::size_t bytes = 257 + dice.below(40);
            void* block = memory.allocate(bytes, 1);
            std::memset(block, i, bytes);
            if (dice.below(2) == 0) {
                memory.deallocate(block, bytes, 1);
            }
        }
    });
}

BOOST_FIXTURE_TEST_CASE(the_slab_of_an_ended_thread_serves_the_next, upstream) {
    concurrent_arena_resource memory{&below};
    in_threads(1, [&](std::size_t) { (void)memory.allocate(1, 1); });
    const std::size_t one = below.live_bytes();
    for (int i = 0; i != 1000; ++i) {
        in_threads(1, [&](std::size_t) { (void)memory.allocate(64, 8); });
    }
    BOOST_TEST(below.live_bytes() - one <= 3 * 64'000u);
}

BOOST_AUTO_TEST_CASE(an_arena_may_end_before_its_threads_and_after) {
    std::optional<concurrent_arena_resource> memory{std::in_place};
    std::atomic<int> step{0};
    const auto wait_for = [&](int wanted) {
        for (int now = step; now != wanted; now = step) {
            step.wait(now);
        }
    };
    const auto go_to = [&](int next) {
        step = next;
        step.notify_all();
    };
    tests::joined_thread other{[&] {
        (void)memory->allocate(10);
        go_to(1);
        wait_for(2);
        (void)memory->allocate(10);
    }};
    wait_for(1);
    memory.emplace();
    go_to(2);
    other.join();
    (void)memory->allocate(10);
}

// More arenas than a thread has entries for, so that they take each other's.
BOOST_AUTO_TEST_CASE(a_thread_may_use_many_arenas) {
    std::vector<std::unique_ptr<concurrent_arena_resource>> arenas;
    for (int i = 0; i != 40; ++i) {
        arenas.push_back(std::make_unique<concurrent_arena_resource>());
    }
    in_threads(thread_count, [&](std::size_t number) {
        tests::random dice{number};
        for (int i = 0; i != 2000; ++i) {
            std::memset(arenas[dice.below(arenas.size())]->allocate(40, 8), i, 40);
        }
    });
}

BOOST_FIXTURE_TEST_CASE(a_null_buffer_is_none_whatever_its_size_is_said_to_be, upstream) {
    concurrent_arena_resource memory{
        concurrent_arena{.initial_buffer = {static_cast<std::byte*>(nullptr), 1_MiB}}, &below};
    BOOST_TEST((memory.usage().reserved_bytes == 0U));
    for (const std::size_t size : {1U, 100U, 100'000U}) {
        void* block = memory.allocate(size, 8);
        BOOST_TEST_REQUIRE(block);
        std::memset(block, 1, size);
    }
    BOOST_TEST((memory.owns(nullptr) == strata::ownership::no));
}

BOOST_AUTO_TEST_SUITE_END()
