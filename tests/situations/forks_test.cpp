// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Forks while other threads are at work. Each case in a child process, which would hang.
#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <thread>
#include <vector>

#include <strata/strata.hpp>

#include "support/asan.hpp"
#include "support/forks.hpp"

BOOST_AUTO_TEST_SUITE(forks_test)

#if defined(STRATA_ASAN) || defined(__SANITIZE_THREAD__)
#define STRATA_TEST_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STRATA_TEST_SANITIZER 1
#endif
#endif

// AddressSanitizer does not take its heap's locks around a fork: a child in which another thread
// held one waits for it without end, in `free`. ThreadSanitizer lets the child of a process with
// threads start none.
#ifndef STRATA_TEST_SANITIZER

namespace {

using tests::ends_well;
using tests::require_in_child;
using tests::seconds_to_hang;

void use(std::pmr::memory_resource& memory, std::size_t bytes) {
    void* const blocks[] = {memory.allocate(bytes, 8), memory.allocate(24, 8)};
    memory.deallocate(blocks[0], bytes, 8);
    memory.deallocate(blocks[1], 24, 8);
}

// Threads that use all of some resources until the end.
class hammers {
public:
    hammers(int count, std::vector<std::pmr::memory_resource*> all, std::size_t bytes) {
        for (int i = 0; i != count; ++i) {
            threads_.emplace_back([this, all, bytes] {
                while (!stop_) {
                    for (std::pmr::memory_resource* each : all) {
                        use(*each, bytes);
                    }
                    ++rounds_;
                }
            });
        }
        while (rounds_ == 0) {
            std::this_thread::yield();
        }
    }
    hammers(const hammers&) = delete;
    hammers& operator=(const hammers&) = delete;
    ~hammers() {
        stop_ = true;
        for (std::thread& each : threads_) {
            each.join();
        }
    }

private:
    std::atomic<bool> stop_{false};
    std::atomic<int> rounds_{0};
    std::vector<std::thread> threads_;
};

// Forks so often; in the child `work` is done. Prints how long that took, which is not judged.
template <class Work>
bool fork_beside(const char* what, int forks, Work work) {
    using clock = std::chrono::steady_clock;
    std::vector<double> times;
    bool are_well = true;
    for (int i = 0; i != forks; ++i) {
        const auto begin = clock::now();
        const pid_t child = fork();
        if (child == 0) {
            alarm(seconds_to_hang);
            work();
            std::_Exit(EXIT_SUCCESS);
        }
        times.push_back(std::chrono::duration<double, std::milli>(clock::now() - begin).count());
        are_well = ends_well(child) && are_well;
    }
    std::ranges::sort(times);
    std::cout << what << ": a fork takes " << times[times.size() / 2] << " ms, at the most "
              << times.back() << " ms\n"
              << std::flush;
    return are_well;
}

// What a child does that shall be as any process.
template <class... Resources>
void live_on(Resources&... all) {
    (use(all, 300'000), ...);
    std::thread{[&] { (use(all, 64), ...); }}.join();
    strata::concurrent_pool_resource fresh;
    std::thread{[&] { use(fresh, 64); }}.join();
    const pid_t grandchild = fork();
    if (grandchild == 0) {
        alarm(seconds_to_hang);
        (use(all, 64), ...);
        use(fresh, 300'000);
        std::_Exit(EXIT_SUCCESS);
    }
    if (!ends_well(grandchild)) {
        std::_Exit(EXIT_FAILURE);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(beside_threads_with_large_blocks) {
    require_in_child([] {
        strata::concurrent_pool_resource a;
        strata::concurrent_pool_resource b;
        strata::concurrent_pool_resource c;
        strata::concurrent_pool_resource d;
        for (const int threads : {1, 4}) {
            const hammers busy{threads, {&a, &b, &c, &d}, 300'000};
            if (!fork_beside("four pools, large blocks", 20, [&] { live_on(a, b, c, d); })) {
                return false;
            }
        }
        return true;
    });
}

// STRATA_TEST_FORKS sets how many: figures of 1,000 forks are worth more than those of 50.
BOOST_AUTO_TEST_CASE(beside_sixteen_threads_that_hammer_eight_pools) {
    require_in_child([] {
        std::vector<std::unique_ptr<strata::concurrent_pool_resource>> pools;
        std::vector<std::pmr::memory_resource*> all;
        for (int i = 0; i != 8; ++i) {
            all.push_back(
                pools.emplace_back(std::make_unique<strata::concurrent_pool_resource>()).get());
        }
        const hammers busy{16, all, 300'000};
        const char* const wanted = std::getenv("STRATA_TEST_FORKS");
        return fork_beside("sixteen threads, eight pools",
                           wanted == nullptr ? 50 : std::atoi(wanted),
                           [&] { live_on(*pools.front(), *pools.back()); });
    });
}

BOOST_AUTO_TEST_CASE(beside_threads_with_all_kinds_of_resources) {
    require_in_child([] {
        strata::concurrent_pool_resource pool;
        strata::concurrent_arena_resource arena;
        strata::stack counted{strata::basic_stats<strata::counting::sharded>{},
                              strata::concurrent_pool{}};
        strata::stack turns{strata::synchronized{}, strata::pool{}, strata::arena{}};
        strata::debug_resource checked{strata::debug{.stack_depth = 0, .concurrent = true},
                                       strata::system_heap()};
        strata::page_resource pages{strata::pages{.reserve = std::size_t{1} << 30}};
        const strata::stats_scope scope{counted.get<0>(), strata::stats_scope::threads::all};
        const hammers busy{3, {&pool, &counted, &turns, &checked, &pages}, 3000};
        return fork_beside("all kinds", 40,
                           [&] { live_on(pool, arena, counted, turns, checked, pages); });
    });
}

BOOST_AUTO_TEST_CASE(while_resources_are_made_and_ended) {
    require_in_child([] {
        std::atomic<bool> stop{false};
        const auto make_and_end = [&] {
            while (!stop) {
                const auto pool = std::make_unique<strata::concurrent_pool_resource>();
                use(*pool, 64);
                std::thread{[&] { use(*pool, 64); }}.join();
                strata::debug_resource checked{strata::debug{.stack_depth = 0},
                                               strata::system_heap()};
                use(checked, 64);
            }
        };
        std::thread one{make_and_end};
        std::thread two{make_and_end};
        const bool are_well = fork_beside("made and ended", 50, [] {
            strata::concurrent_pool_resource mine;
            live_on(mine);
        });
        stop = true;
        one.join();
        two.join();
        return are_well;
    });
}

namespace {

std::mutex lock_of_upstream;

// Takes a lock around forks, as allocators do, by handlers that are registered after ours.
class locked_upstream : public std::pmr::memory_resource {
public:
    locked_upstream() {
        pthread_atfork([] { lock_of_upstream.lock(); }, [] { lock_of_upstream.unlock(); },
                       [] { lock_of_upstream.unlock(); });
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard lock{lock_of_upstream};
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const std::lock_guard lock{lock_of_upstream};
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(with_an_upstream_that_is_locked_around_forks) {
    require_in_child([] {
        locked_upstream below;
        strata::concurrent_pool_resource pool{&below};
        strata::concurrent_arena_resource arena{&below};
        const hammers busy{2, {&pool}, 300'000};
        return fork_beside("a locked upstream", 60, [&] { live_on(pool, arena); });
    });
}

BOOST_AUTO_TEST_CASE(shards_of_counts_serve_in_the_child) {
    require_in_child([] {
        strata::stack memory{strata::basic_stats<strata::counting::sharded>{},
                             strata::concurrent_pool{}};
        strata::stats_resource<strata::concurrent_pool_resource, strata::counting::sharded>&
            counter = memory.get<0>();
        const hammers busy{4, {&memory}, 64};
        return fork_beside("sharded counts", 10, [&] {
            // More threads at once than there are shards for, were those of the parent's lost.
            const strata::allocation_stats before = counter.snapshot();
            for (int i = 0; i != 12; ++i) {
                std::thread{[&] { use(memory, 64); }}.join();
            }
            const strata::allocation_stats after = counter.snapshot();
            if (after.allocations - before.allocations != 24 ||
                after.deallocations - before.deallocations != 24) {
                std::_Exit(EXIT_FAILURE);
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(two_threads_at_once) {
    require_in_child([] {
        strata::concurrent_pool_resource pool;
        std::atomic<bool> are_well{true};
        const auto fork_often = [&] {
            for (int i = 0; i != 20; ++i) {
                const pid_t child = fork();
                if (child == 0) {
                    alarm(seconds_to_hang);
                    live_on(pool);
                    std::_Exit(EXIT_SUCCESS);
                }
                if (!ends_well(child)) {
                    are_well = false;
                }
                use(pool, 64);
            }
        };
        std::thread other{fork_often};
        fork_often();
        other.join();
        return are_well.load();
    });
}

#else

BOOST_AUTO_TEST_CASE(is_left_out_under_sanitizers) {}

#endif

BOOST_AUTO_TEST_SUITE_END()
