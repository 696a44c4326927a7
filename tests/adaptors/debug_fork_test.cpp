// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <thread>
#include <vector>

#include <strata/adaptors/debug_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/memcheck.hpp"

BOOST_AUTO_TEST_SUITE(debug_fork_test)

// A fork while other threads are inside, which are not there in the child.

namespace {

namespace utf = boost::unit_test;

constexpr bool can_fork = tests::heap_survives_forks;

void allocate_and_free(std::pmr::memory_resource& memory, int times) {
    for (int i = 0; i != times; ++i) {
        memory.deallocate(memory.allocate(40, 8), 40, 8);
    }
}

// Forks again and again while threads are at work in each of these.
void fork_among_threads(const std::vector<std::pmr::memory_resource*>& all) {
    std::atomic<bool> done = false;
    std::vector<std::thread> running;
    for (std::pmr::memory_resource* each : all) {
        running.emplace_back([&done, each] {
            while (!done) {
                allocate_and_free(*each, 10);
            }
        });
    }
    for (int forks = 0; forks != 20; ++forks) {
        const auto child = tests::run_in_child([&] {
            alarm(20);
            for (std::pmr::memory_resource* each : all) {
                allocate_and_free(*each, 20);
            }
        });
        BOOST_TEST(child.signal == 0);
        BOOST_TEST(child.exit_code == 0);
        BOOST_TEST(child.errors == "");
        for (std::pmr::memory_resource* each : all) {
            allocate_and_free(*each, 20);
        }
    }
    done = true;
    for (std::thread& each : running) {
        each.join();
    }
}

const strata::debug shared{.quarantine = 0, .concurrent = true};

/// Takes its time, in which what is above it keeps its locks.
class slow_heap : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        std::this_thread::sleep_for(std::chrono::microseconds{100});
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_child_finds_no_lock_held,
                     *utf::enable_if<can_fork>() * utf::precondition(tests::without_memcheck)) {
    slow_heap below;
    strata::debug_resource memory{shared, &below};
    fork_among_threads({&memory, &memory});
}

// In either order with a pool that has locks too, threads enter from above and between.
BOOST_AUTO_TEST_CASE(nor_in_what_is_above_and_below,
                     *utf::enable_if<can_fork>() * utf::precondition(tests::without_memcheck)) {
    slow_heap below;
    strata::debug_resource lowest{shared, &below};
    strata::concurrent_pool_resource pool{strata::concurrent_pool{.first_chunk = 1024}, &lowest};
    strata::debug_resource top{shared, &pool};
    fork_among_threads({&top, &pool, &lowest});
}

// Two threads that meet in the parent do not meet in the child.
BOOST_AUTO_TEST_CASE(who_waits_at_the_entrance_is_not_inside_in_the_child,
                     *utf::enable_if<can_fork>() * utf::precondition(tests::without_memcheck)) {
    slow_heap below;
    strata::debug_resource memory{strata::debug{.on_finding = strata::on_finding::ignore}, &below};
    std::atomic<bool> done = false;
    std::vector<std::thread> running;
    for (int i = 0; i != 2; ++i) {
        running.emplace_back([&] {
            while (!done) {
                allocate_and_free(memory, 10);
            }
        });
    }
    for (int forks = 0; forks != 20; ++forks) {
        const auto child = tests::run_in_child([&] {
            alarm(20);
            const std::size_t before = memory.findings();
            allocate_and_free(memory, 10);
            if (memory.findings() != before) {
                std::_Exit(1);
            }
        });
        BOOST_TEST(child.signal == 0);
        BOOST_TEST(child.exit_code == 0);
    }
    done = true;
    for (std::thread& each : running) {
        each.join();
    }
}

// It may run a program that makes more of the message.
BOOST_AUTO_TEST_CASE(a_handler_may_fork) {
    int exit_code = -1;
    strata::debug options;
    options.handler = [&](strata::finding, const char*) {
        exit_code = tests::run_in_child([] { alarm(20); }).exit_code;
    };
    strata::debug_resource memory{options, strata::system_heap()};
    int foreign = 0;
    memory.deallocate(&foreign, 8, 8);
    BOOST_TEST(exit_code == 0);
    allocate_and_free(memory, 10);
}

BOOST_AUTO_TEST_SUITE_END()
