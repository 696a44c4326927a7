// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Operator new of one thread and one scope. Checks stand outside the scopes: they allocate, too.
#define BOOST_TEST_MODULE thread_resource
#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <latch>
#include <memory_resource>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
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

#include "support/forks.hpp"

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

// Without a message, which would be allocated in a scope.
class misuse_count {
public:
    misuse_count() : before_{strata::set_misuse_handler([](const char*) noexcept { ++count_; })} {
        count_ = 0;
    }
    misuse_count(const misuse_count&) = delete;
    misuse_count& operator=(const misuse_count&) = delete;
    ~misuse_count() { strata::set_misuse_handler(before_); }

    [[nodiscard]] static int now() { return count_; }

private:
    inline static std::atomic<int> count_{0};
    strata::misuse_handler before_;
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
        const thread_resource scope{one.memory};
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
        const thread_resource scope{one.memory};
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
        const thread_resource around{outer.memory};
        blocks[0] = taken();
        {
            const thread_resource scope{inner.memory};
            blocks[1] = taken();
            ::operator delete(blocks[0]);
            const thread_resource usual{strata::global::current()};
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
        const thread_resource scope{one.memory};
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
        const thread_resource scope{own.memory};
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
        const thread_resource scope{one.memory};
        block = taken();
    }
    std::jthread{[block] { ::operator delete(block); }}.join();
    BOOST_TEST(one.live() == 0);
}

BOOST_AUTO_TEST_CASE(the_resource_may_itself_draw_from_operator_new) {
    strata::arena_resource arena{std::pmr::new_delete_resource()};
    std::size_t length = 0;
    {
        const thread_resource scope{arena};
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
        const thread_resource scope{one.memory};
        const std::size_t before = few.blocks();
        ::operator delete(taken());
        blocks = few.blocks() - before;
    }
    BOOST_TEST(blocks == 1u);
}

BOOST_AUTO_TEST_CASE(it_may_be_the_resource_on_operator_new_itself) {
    void* block = nullptr;
    {
        const thread_resource scope{*std::pmr::new_delete_resource()};
        ::operator delete(taken());
        block = taken();
    }
    ::operator delete(block);
    BOOST_TEST(block != nullptr);
}

BOOST_AUTO_TEST_CASE(an_exception_may_leave_the_scope_with_a_message_from_it) {
    counted one;
    std::size_t length = 0;
    std::int64_t live = 0;
    try {
        const thread_resource scope{one.memory};
        throw std::runtime_error{std::string(100, 'x')};
    } catch (const std::runtime_error& error) {
        length = std::strlen(error.what());
        live = one.live();
    }
    BOOST_TEST(length == 100u);
    BOOST_TEST(live == 1);
    BOOST_TEST(one.live() == 0);
}

BOOST_AUTO_TEST_CASE(the_scope_of_a_thread_that_forks_goes_on_in_the_child) {
    counted one;
    pid_t child = -1;
    bool went_on = false;
    {
        const thread_resource scope{one.memory};
        child = fork();
        if (child == 0) {
            alarm(tests::seconds_to_hang);
            (void)taken();
            went_on = one.live() == 1;
        }
    }
    if (child == 0) {
        (void)taken();
        std::_Exit(went_on && one.live() == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    BOOST_TEST(tests::ends_well(child));
}

// In a destructor of the thread's data: it runs a second time, after that of the library.
BOOST_AUTO_TEST_CASE(a_thread_that_exits_in_a_scope_then_draws_as_usual) {
    static pthread_key_t key;
    static int runs = 0;
    static void* block = nullptr;
    const auto run = [](void* value) {
        if (++runs == 1) {
            pthread_setspecific(key, value);
        } else {
            block = taken();
        }
    };
    BOOST_REQUIRE(pthread_key_create(&key, run) == 0);
    counted one;
    std::optional<thread_resource> open;
    std::jthread{[&] {
        pthread_setspecific(key, &key);
        open.emplace(one.memory);
    }}.join();
    BOOST_TEST(runs == 2);
    BOOST_TEST(block != nullptr);
    BOOST_TEST(one.memory.snapshot().allocations == 0u);
    ::operator delete(block);
    pthread_key_delete(key);
    const misuse_count misuses;
    open.reset();
    BOOST_TEST(misuses.now() == 1);
}

// On threads that then end, so no scope stays open in this one.
BOOST_AUTO_TEST_SUITE(a_misuse)

BOOST_AUTO_TEST_CASE(ends_of_scopes_out_of_order) {
    const misuse_count misuses;
    counted one;
    counted other;
    std::array<void*, 2> blocks{};
    std::jthread{[&] {
        std::optional<thread_resource> first{one.memory};
        std::optional<thread_resource> second{other.memory};
        first.reset();
        blocks[0] = taken();
        second.reset();
        blocks[1] = taken();
    }}.join();
    BOOST_TEST(misuses.now() == 1);
    BOOST_TEST(other.live() == 1);
    BOOST_TEST(one.live() == 1);
    ::operator delete(blocks[0]);
    ::operator delete(blocks[1]);
}

BOOST_AUTO_TEST_CASE(ends_of_scopes_out_of_order_on_one_resource) {
    const misuse_count misuses;
    counted one;
    void* block = nullptr;
    int after_first = 0;
    std::jthread{[&] {
        std::optional<thread_resource> first{one.memory};
        std::optional<thread_resource> second{one.memory};
        first.reset();
        after_first = misuses.now();
        block = taken();
        second.reset();
    }}.join();
    BOOST_TEST(after_first == 1);
    BOOST_TEST(misuses.now() == 1);
    BOOST_TEST(one.live() == 1);
    ::operator delete(block);
}

BOOST_AUTO_TEST_CASE(an_end_on_another_thread_that_has_a_scope_on_the_resource_too) {
    const misuse_count misuses;
    counted one;
    std::array<void*, 2> blocks{};
    std::latch begun{1};
    std::latch ended{1};
    std::optional<thread_resource> scope;
    std::jthread theirs{[&] {
        scope.emplace(one.memory);
        begun.count_down();
        ended.wait();
        blocks[0] = taken();
    }};
    std::jthread{[&] {
        begun.wait();
        const thread_resource own{one.memory};
        scope.reset();
        blocks[1] = taken();
    }}.join();
    ended.count_down();
    theirs.join();
    BOOST_TEST(misuses.now() == 1);
    BOOST_TEST(one.live() == 2);
    ::operator delete(blocks[0]);
    ::operator delete(blocks[1]);
}

BOOST_AUTO_TEST_SUITE_END()

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
                    const thread_resource scope{own.memory};
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
