// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Operator new of one thread and one scope. Checks stand outside the scopes: they allocate, too.
#define BOOST_TEST_MODULE thread_resource
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory_resource>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/diagnostics/misuse.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/interop/thread_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/testing/allocation_budget.hpp>

#ifdef STRATA_TEST_BARE_BLOCKS
STRATA_GLOBAL_RESOURCE(*strata::system_heap());
#else
STRATA_GLOBAL_RESOURCE(strata::concurrent_pool_resource{strata::system_heap()});
#endif

using strata::thread_resource;

namespace {

struct counted {
    strata::stats_resource<> memory{strata::system_heap()};

    [[nodiscard]] std::int64_t live() const { return memory.snapshot().live_blocks; }
};

// In a way that compilers do not leave out.
[[nodiscard]] void* taken() {
    void* block = ::operator new(100);
    asm volatile("" : "+r"(block));
    return block;
}

}  // namespace

BOOST_AUTO_TEST_CASE(plain_new_draws_from_the_resource_until_the_end_of_the_scope) {
    counted one;
    void* inside = nullptr;
    {
        const thread_resource scope{&one.memory};
        inside = taken();
    }
    void* const after = taken();
    BOOST_TEST(one.live() == 1);
    ::operator delete(after);
    BOOST_TEST(one.live() == 1);
    ::operator delete(inside);
    BOOST_TEST(one.live() == 0);
}

BOOST_AUTO_TEST_CASE(every_form_of_new_draws_from_it) {
    counted one;
    constexpr auto aligned = std::align_val_t{64};
    std::array<void*, 4> blocks{};
    {
        const thread_resource scope{&one.memory};
        blocks = {::operator new[](100), ::operator new(100, aligned),
                  ::operator new(100, std::nothrow), ::operator new[](100, aligned, std::nothrow)};
    }
    BOOST_TEST(one.live() == 4);
    ::operator delete[](blocks[0], 100);
    ::operator delete(blocks[1], 100, aligned);
    ::operator delete(blocks[2]);
    ::operator delete[](blocks[3], aligned);
    BOOST_TEST(one.live() == 0);
}

BOOST_AUTO_TEST_CASE(scopes_nest) {
    counted outer;
    counted inner;
    std::array<void*, 3> blocks{};
    {
        const thread_resource around{&outer.memory};
        blocks[0] = taken();
        {
            const thread_resource scope{&inner.memory};
            blocks[1] = taken();
            ::operator delete(blocks[0]);
            const thread_resource usual{&strata::global::current()};
            ::operator delete(taken());
        }
        blocks[2] = taken();
    }
    BOOST_TEST(inner.live() == 1);
    BOOST_TEST(outer.live() == 1);
    ::operator delete(blocks[1]);
    ::operator delete(blocks[2]);
    BOOST_TEST(inner.live() == 0);
    BOOST_TEST(outer.live() == 0);
}

BOOST_AUTO_TEST_CASE(other_threads_keep_the_resource_of_the_program) {
    counted one;
    void* theirs = nullptr;
    std::latch begun{1};
    std::jthread other{[&] {
        begun.wait();
        theirs = taken();
    }};
    {
        const thread_resource scope{&one.memory};
        begun.count_down();
        other.join();
    }
    BOOST_TEST(one.memory.snapshot().allocations == 0u);
    ::operator delete(theirs);
}

BOOST_AUTO_TEST_CASE(a_scope_is_stronger_than_a_swap_of_the_programs_resource) {
    counted own;
    counted swapped;
    void* block = nullptr;
    {
        const thread_resource scope{&own.memory};
        const strata::global::scoped_resource use{swapped.memory};
        block = taken();
    }
    BOOST_TEST(own.live() == 1);
    BOOST_TEST(swapped.live() == 0);
    ::operator delete(block);
}

BOOST_AUTO_TEST_CASE(a_block_may_be_freed_on_another_thread) {
    counted one;
    void* block = nullptr;
    {
        const thread_resource scope{&one.memory};
        block = taken();
    }
    std::jthread{[block] { ::operator delete(block); }}.join();
    BOOST_TEST(one.live() == 0);
}

BOOST_AUTO_TEST_CASE(the_resource_may_itself_draw_from_operator_new) {
    strata::arena_resource arena{std::pmr::new_delete_resource()};
    std::size_t length = 0;
    {
        const thread_resource scope{&arena};
        length = std::string(1000, 'x').size() + std::vector<int>(1000).size();
    }
    BOOST_TEST(length == 2000u);
    BOOST_TEST(arena.usage().used_bytes.value() >= 5000u);
}

BOOST_AUTO_TEST_CASE(budgets_count_what_is_allocated_in_a_scope) {
    counted one;
    const strata::allocation_budget few{strata::through_operator_new, {.blocks = 100}};
    std::size_t blocks = 0;
    {
        const thread_resource scope{&one.memory};
        const std::size_t before = few.blocks();
        ::operator delete(taken());
        blocks = few.blocks() - before;
    }
    BOOST_TEST(blocks == 1u);
}

// On a thread that then ends: the scope stays open.
BOOST_AUTO_TEST_CASE(scopes_that_end_out_of_order_are_a_misuse) {
    static int misuses = 0;
    const auto before = strata::set_misuse_handler([](const char*) noexcept { ++misuses; });
    counted one;
    counted other;
    std::jthread{[&] {
        std::optional<thread_resource> first{&one.memory};
        const thread_resource second{&other.memory};
        first.reset();
    }}.join();
    strata::set_misuse_handler(before);
    BOOST_TEST(misuses == 1);
}

BOOST_AUTO_TEST_SUITE(threads)

// Each thread has scopes of its own; blocks are freed by whichever thread finds them.
BOOST_AUTO_TEST_CASE(every_block_finds_its_resource) {
    constexpr std::size_t thread_count = 4;
    std::array<counted, thread_count> owners;
    std::mutex mutex;
    std::vector<void*> blocks;
    blocks.reserve(1000);
    std::vector<std::jthread> running;
    for (counted& own : owners) {
        running.emplace_back([&own, &mutex, &blocks] {
            for (int round = 0; round != 100; ++round) {
                void* block = nullptr;
                {
                    const thread_resource scope{&own.memory};
                    block = taken();
                }
                const std::lock_guard lock{mutex};
                std::swap(block, blocks.emplace_back());
                if (round % 3 != 0) {
                    ::operator delete(blocks.front());
                    blocks.erase(blocks.begin());
                }
            }
        });
    }
    running.clear();
    std::int64_t live = 0;
    for (const counted& own : owners) {
        live += own.live();
    }
    BOOST_TEST(live == static_cast<std::int64_t>(blocks.size()));
    for (void* const block : blocks) {
        ::operator delete(block);
    }
    for (const counted& own : owners) {
        BOOST_TEST(own.live() == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
