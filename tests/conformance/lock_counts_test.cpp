// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// How often threads lock a mutex, at 1, 16 and 64 threads: that can be counted without as many
// cores. This program's `pthread_mutex_lock` stands before the system's. Turns at an upstream are
// locked in another way, and not counted. The table is that of docs/performance.md.
#define BOOST_TEST_MODULE lock_counts
#include <boost/test/unit_test.hpp>

#include <dlfcn.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <memory_resource>
#include <vector>

#include <strata/strata.hpp>

#include "support/joined_thread.hpp"

namespace {

using mutex_function = int (*)(pthread_mutex_t*);

mutex_function of_the_system(const char* name) {
    return reinterpret_cast<mutex_function>(dlsym(RTLD_NEXT, name));
}

const mutex_function system_lock = of_the_system("pthread_mutex_lock");
const mutex_function system_try_lock = of_the_system("pthread_mutex_trylock");

thread_local std::uint64_t locks = 0;

}  // namespace

// Before the two are initialised only one thread runs, and needs no lock.
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    ++locks;
    return system_lock == nullptr ? 0 : system_lock(mutex);
}
extern "C" int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
    ++locks;
    return system_try_lock == nullptr ? 0 : system_try_lock(mutex);
}

namespace {

constexpr std::size_t rounds = 2000;

// What one thread does so often, beside others that do the same. `wait` returns when all are there.
using work = std::function<void(std::pmr::memory_resource&, std::size_t thread,
                                const std::function<void()>& wait)>;

// The locks of all threads for each round, once each thread has warmed up.
double locks_a_round(std::pmr::memory_resource& memory, std::size_t threads, const work& work) {
    std::atomic<std::uint64_t> counted = 0;
    std::barrier all{static_cast<std::ptrdiff_t>(threads)};
    const std::function<void()> wait = [&] { all.arrive_and_wait(); };
    {
        std::vector<tests::joined_thread> running;
        for (std::size_t i = 0; i != threads; ++i) {
            running.emplace_back([&, i] {
                work(memory, i, wait);
                wait();
                const std::uint64_t before = locks;
                work(memory, i, wait);
                counted += locks - before;
                wait();
            });
        }
    }
    return static_cast<double>(counted) / static_cast<double>(threads * rounds);
}

template <class Maker, class WorkFor>
void require_at_most(double most, const char* what, Maker make, WorkFor work_for) {
    std::printf("%-52s", what);
    for (const std::size_t threads : {1, 16, 64}) {
        const auto memory = make();
        const double counted = locks_a_round(*memory, threads, work_for(threads));
        std::printf(" %8.4f", counted);
        BOOST_TEST(counted <= most, what);
    }
    std::printf("\n");
}

template <class Resource, class... Arguments>
auto maker(Arguments... arguments) {
    return [=] { return std::make_unique<Resource>(arguments...); };
}

void use(std::pmr::memory_resource& memory, std::size_t bytes) {
    memory.deallocate(memory.allocate(bytes, 8), bytes, 8);
}

auto pairs_of(std::size_t bytes) {
    return [bytes](std::size_t /*threads*/) -> work {
        return [bytes](std::pmr::memory_resource& memory, std::size_t, const auto&) {
            for (std::size_t i = 0; i != rounds; ++i) {
                use(memory, bytes);
            }
        };
    };
}

work blocks_that_stay(std::size_t /*threads*/) {
    return [](std::pmr::memory_resource& memory, std::size_t, const auto&) {
        for (std::size_t i = 0; i != rounds; ++i) {
            (void)memory.allocate(64, 8);
        }
    };
}

// Each thread frees what the next one has allocated.
work blocks_of_neighbours(std::size_t threads) {
    constexpr std::size_t at_once = 500;
    const auto blocks = std::make_shared<std::vector<std::array<void*, at_once>>>(threads);
    return [=](std::pmr::memory_resource& memory, std::size_t thread, const auto& wait) {
        for (std::size_t i = 0; i != rounds / at_once; ++i) {
            for (void*& block : (*blocks)[thread]) {
                block = memory.allocate(64, 8);
            }
            wait();
            for (void* block : (*blocks)[(thread + 1) % threads]) {
                memory.deallocate(block, 64, 8);
            }
            wait();
        }
    };
}

}  // namespace

BOOST_AUTO_TEST_CASE(locks_do_not_grow_with_the_threads) {
    std::printf("%-52s %8s %8s %8s\n", "locks a round, threads:", "1", "16", "64");
    using strata::concurrent_pool_resource;
    strata::heap_resource* const heap = strata::system_heap();
    require_at_most(0, "concurrent_pool: a pair of 64 B", maker<concurrent_pool_resource>(heap),
                    pairs_of(64));
    require_at_most(
        0, "concurrent_pool(hardened=true): the same",
        maker<concurrent_pool_resource>(strata::concurrent_pool{.hardened = true}, heap),
        pairs_of(64));
    using relaxed = strata::basic_stats<strata::counting::relaxed>;
    require_at_most(0, "stats, relaxed > concurrent_pool: the same",
                    maker<strata::stack<relaxed, strata::concurrent_pool>>(
                        relaxed{}, strata::concurrent_pool{}),
                    pairs_of(64));
    using sharded = strata::basic_stats<strata::counting::sharded>;
    require_at_most(0, "stats, sharded > concurrent_pool: the same",
                    maker<strata::stack<sharded, strata::concurrent_pool>>(
                        sharded{}, strata::concurrent_pool{}),
                    pairs_of(64));
    require_at_most(0, "limit > concurrent_pool: the same",
                    maker<strata::stack<strata::limit, strata::concurrent_pool>>(
                        strata::limit{.bytes = 1 << 30}, strata::concurrent_pool{}),
                    pairs_of(64));
    // One lock more if another thread takes the kept block that a thread has just seen.
    require_at_most(2.01, "concurrent_pool: a pair of 300 KB",
                    maker<concurrent_pool_resource>(heap), pairs_of(300'000));
    require_at_most(0.01, "concurrent_arena: a block of 64 B that stays",
                    maker<strata::concurrent_arena_resource>(heap), blocks_that_stay);
    require_at_most(0.1, "concurrent_pool: a block of 64 B that stays",
                    maker<concurrent_pool_resource>(heap), blocks_that_stay);
    require_at_most(0.1, "concurrent_pool: a block of 64 B, freed elsewhere",
                    maker<concurrent_pool_resource>(heap), blocks_of_neighbours);
}

// Resources that are made and ended in turn, as one for each request is, do not meet in one slot.
BOOST_AUTO_TEST_CASE(two_resources_in_turn_take_no_lock) {
    strata::concurrent_pool_resource first{strata::system_heap()};
    for (int i = 0; i != 40; ++i) {
        strata::concurrent_pool_resource second{strata::system_heap()};
        const auto use_both = [&] {
            use(first, 64);
            use(second, 64);
        };
        use_both();
        use_both();
        const std::uint64_t before = locks;
        use_both();
        BOOST_TEST(locks == before);
    }
}

// So many have entries in the record of a thread, which seldom change places.
BOOST_AUTO_TEST_CASE(sixty_four_resources_in_turn_take_hardly_a_lock) {
    std::vector<std::unique_ptr<strata::concurrent_pool_resource>> all;
    for (int i = 0; i != 64; ++i) {
        all.push_back(std::make_unique<strata::concurrent_pool_resource>(strata::system_heap()));
    }
    const auto use_all = [&] {
        for (const auto& each : all) {
            use(*each, 64);
        }
    };
    use_all();
    use_all();
    const std::uint64_t before = locks;
    use_all();
    BOOST_TEST(locks - before <= 2);  // for 128 calls
}
