// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include <strata/adaptors/synchronized_resource.hpp>
#include <strata/compose/describe.hpp>
#include <strata/compose/stack.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/pool_resource.hpp>
#include <strata/testing/checking_resource.hpp>

#include "support/forwarding.hpp"
#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(synchronized_resource_test)

namespace {

using checking = strata::checking_resource;
using failure = checking::failure;

// A mutex that knows whether it is held, and how often it was.
struct watched_mutex {
    inline static bool held = false;
    inline static int count = 0;

    void lock() {
        held = true;
        ++count;
    }
    void unlock() { held = false; }
};

}  // namespace

static_assert(strata::synchronized{} == strata::synchronized{});
static_assert(strata::synchronized{.name = "shared"} != strata::synchronized{});

BOOST_AUTO_TEST_CASE(everything_passes_unchanged) {
    checking upstream;
    strata::synchronized_resource memory{&upstream};
    tests::check_forwarding(memory, upstream);
    tests::check_huge_sizes(memory);
}

BOOST_AUTO_TEST_CASE(the_lock_is_held_in_the_upstream_and_released_after_it) {
    class : public std::pmr::memory_resource {
        void* do_allocate(std::size_t bytes, std::size_t) override {
            BOOST_TEST(watched_mutex::held);
            if (bytes > sizeof storage_) {
                throw std::bad_alloc{};
            }
            return &storage_;
        }
        void do_deallocate(void*, std::size_t, std::size_t) override {
            BOOST_TEST(watched_mutex::held);
        }
        [[nodiscard]] bool do_is_equal(const memory_resource&) const noexcept override {
            return false;
        }
        std::max_align_t storage_{};
    } upstream;
    strata::synchronized_resource memory{strata::basic_synchronized<watched_mutex>{}, &upstream};
    memory.deallocate(memory.allocate(1), 1);
    BOOST_TEST(!watched_mutex::held);
    BOOST_CHECK_THROW((void)memory.allocate(1000), std::bad_alloc);
    BOOST_TEST(!watched_mutex::held);
    (void)memory.owns(&memory);
    BOOST_TEST(watched_mutex::count == 4);
    memory.with_lock([](auto&) { BOOST_TEST(watched_mutex::held); });
    BOOST_TEST(!watched_mutex::held);
}

BOOST_AUTO_TEST_CASE(what_the_upstream_throws_passes) {
    checking upstream;
    strata::synchronized_resource memory{&upstream};
    upstream.fail_at(1, failure::injected);
    BOOST_CHECK_THROW((void)memory.allocate(8), strata::injected_failure);
    upstream.fail_at(1, failure::foreign);
    BOOST_CHECK_THROW((void)memory.allocate(8), checking::foreign_failure);
    memory.deallocate(memory.allocate(8), 8);
}

BOOST_AUTO_TEST_CASE(with_lock_gives_the_upstream_by_its_type_and_what_the_function_returns) {
    strata::pool_resource pool;
    strata::synchronized_resource memory{&pool};
    memory.deallocate(memory.allocate(100), 100);
    const std::size_t trimmed =
        memory.with_lock([](strata::pool_resource& upstream) { return upstream.trim(); });
    BOOST_TEST(trimmed > 0u);
    BOOST_TEST(&memory.with_lock([](auto& upstream) -> auto& { return upstream; }) == &pool);
    BOOST_CHECK_THROW(memory.with_lock([](auto&) { throw std::logic_error{""}; }),
                      std::logic_error);
    BOOST_TEST(memory.with_lock([&](auto&) { return strata::describe(memory); }).layers.size() ==
               3u);
}

BOOST_AUTO_TEST_CASE(with_a_recursive_mutex_it_may_be_used_under_its_own_lock) {
    checking upstream;
    strata::synchronized_resource memory{strata::basic_synchronized<std::recursive_mutex>{},
                                         &upstream};
    memory.with_lock([&](auto&) { memory.deallocate(memory.allocate(8), 8); });
    BOOST_TEST(upstream.deallocations() == 1u);
}

BOOST_AUTO_TEST_CASE(threads_are_never_in_the_upstream_at_once) {
    checking upstream;  // takes two threads inside at once for an error
    strata::synchronized_resource memory{&upstream};
    const auto work = [&](std::size_t seed) {
        tests::random dice{seed};
        std::vector<std::pair<void*, std::size_t>> blocks;
        for (int step = 0; step != 2000; ++step) {
            if (blocks.empty() || dice.below(2) == 0) {
                const std::size_t size = dice.between(1, 200);
                blocks.emplace_back(memory.allocate(size), size);
                std::memset(blocks.back().first, static_cast<int>(seed), size);
            } else {
                memory.deallocate(blocks.back().first, blocks.back().second);
                blocks.pop_back();
            }
            if (step % 100 == 0) {
                (void)memory.owns(&dice);
                memory.with_lock([](checking& of) { of.deallocate(of.allocate(10), 10); });
            }
        }
        for (const auto& [block, size] : blocks) {
            memory.deallocate(block, size);
        }
    };
    std::thread one{work, 1};
    std::thread two{work, 2};
    work(3);
    one.join();
    two.join();
    BOOST_TEST(upstream.errors().empty());
    BOOST_TEST(upstream.live_blocks() == 0u);
}

BOOST_AUTO_TEST_CASE(it_says_what_it_is) {
    checking upstream;
    strata::synchronized_resource memory{&upstream};
    static_assert(std::is_same_v<decltype(memory), strata::synchronized_resource<checking>>);
    BOOST_TEST(memory.name() == "synchronized");
    BOOST_TEST(memory.upstream_resource() == &upstream);
    BOOST_TEST(memory.upstream(0) == &upstream);
    BOOST_TEST(memory.upstream(1) == nullptr);
    void* block = memory.allocate(8);
    BOOST_TEST(memory.owns(block) == strata::ownership::yes);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::no);
    memory.deallocate(block, 8);
    BOOST_TEST(strata::synchronized_resource{}.upstream_resource() ==
               std::pmr::get_default_resource());
}

BOOST_AUTO_TEST_CASE(it_is_a_layer_of_a_stack) {
    strata::stack memory{strata::synchronized{}, strata::pool{}, strata::fixed_buffer<16384>{}};
    memory.deallocate(memory.allocate(100), 100);
    BOOST_TEST(memory.get<strata::synchronized>().with_lock(
                   [](strata::pool_resource& pool) { return pool.trim(); }) > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
