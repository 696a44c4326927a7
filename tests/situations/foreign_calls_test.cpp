// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// What is called from inside a resource calls it back, or forks: upstreams, the callback of
// `retry`, handlers of misuses. Each in a child process, which would hang.
#include <boost/test/unit_test.hpp>

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory_resource>
#include <thread>
#include <vector>

#include <strata/strata.hpp>

#include "support/forks.hpp"
#include "support/wild_write.hpp"

BOOST_AUTO_TEST_SUITE(foreign_calls_test)

namespace {

using tests::ends_well;
using tests::require_in_child;
using tests::seconds_to_hang;

// Calls something before each call of the heap.
class calling_upstream : public std::pmr::memory_resource {
public:
    std::function<void()> call = [] {};

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        call();
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        call();
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

void allocate_much(std::pmr::memory_resource& memory) {
    std::vector<void*> blocks;
    for (int i = 0; i != 3000; ++i) {
        blocks.push_back(memory.allocate(100, 8));
    }
    for (void* block : blocks) {
        memory.deallocate(block, 100, 8);
    }
    void* const large = memory.allocate(100'000, 8);
    memory.deallocate(large, 100'000, 8);
}

void overwrite(void* block, std::ptrdiff_t bytes) {
    for (std::ptrdiff_t i = 0; i != bytes; ++i) {
        tests::wild_write(block, i);
    }
}

// The upstream forks; the child goes on inside the resource, and so does a thread of it.
template <class Resource, class... Arguments>
void a_fork_from_the_upstream_ends(const Arguments&... arguments) {
    require_in_child([&] {
        calling_upstream below;
        Resource memory{arguments..., &below};
        int left = 3;
        bool are_well = true;
        below.call = [&] {
            if (left == 0) {
                return;
            }
            --left;
            const pid_t child = fork();
            if (child == 0) {
                alarm(seconds_to_hang);
                left = 0;
            } else {
                are_well = ends_well(child) && are_well;
            }
        };
        const pid_t parent = getpid();
        allocate_much(memory);
        if (getpid() != parent) {
            std::thread{[&] { allocate_much(memory); }}.join();
            std::_Exit(EXIT_SUCCESS);
        }
        return are_well && left == 0;
    });
}

// A cache that fills up what a limit allows, and of which the callback of `retry` frees a block.
template <class Resource>
bool retries_free_what_they_hold(Resource& memory, std::vector<void*>& cache, std::size_t size) {
    for (int i = 0; i != 200; ++i) {
        cache.push_back(memory.allocate(size, 8));
    }
    const bool has_freed = cache.size() < 200;
    while (!cache.empty()) {
        memory.deallocate(cache.back(), size, 8);
        cache.pop_back();
    }
    return has_freed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_upstream_of_a_concurrent_pool_forks) {
    a_fork_from_the_upstream_ends<strata::concurrent_pool_resource>();
    a_fork_from_the_upstream_ends<strata::concurrent_pool_resource>(
        strata::concurrent_pool{.largest_block = 64});
}

BOOST_AUTO_TEST_CASE(the_upstream_of_a_concurrent_arena_forks) {
    a_fork_from_the_upstream_ends<strata::concurrent_arena_resource>(
        strata::concurrent_arena{.first_chunk = 100});
}

BOOST_AUTO_TEST_CASE(the_upstream_of_a_synchronized_resource_forks) {
    a_fork_from_the_upstream_ends<strata::synchronized_resource<>>();
}

BOOST_AUTO_TEST_CASE(the_upstream_of_a_debug_resource_forks) {
    a_fork_from_the_upstream_ends<strata::debug_resource<>>(
        strata::debug{.stack_depth = 0, .concurrent = true});
}

BOOST_AUTO_TEST_CASE(the_handler_of_a_misuse_forks) {
    require_in_child([] {
        strata::set_misuse_handler([](const char* /*message*/) noexcept {
            // As a crash reporter does.
            const pid_t reporter = fork();
            if (reporter == 0) {
                alarm(seconds_to_hang);
                strata::concurrent_pool_resource fresh;
                allocate_much(fresh);
                std::_Exit(EXIT_SUCCESS);
            }
            std::_Exit(ends_well(reporter) ? EXIT_SUCCESS : EXIT_FAILURE);
        });
        strata::concurrent_pool_resource memory{strata::concurrent_pool{.hardened = true}};
        std::vector<void*> blocks;
        for (int i = 0; i != 1000; ++i) {
            blocks.push_back(memory.allocate(64, 8));
        }
        for (void* block : blocks) {
            memory.deallocate(block, 64, 8);
        }
        for (void* block : blocks) {
            overwrite(block, 8);
        }
        // From the thread's own, from batches and while it trims.
        (void)memory.trim();
        for (int i = 0; i != 1000; ++i) {
            blocks.push_back(memory.allocate(64, 8));
        }
        return false;  // nothing was found
    });
}

// In a program whose SIGABRT handler forks.
BOOST_AUTO_TEST_CASE(the_handler_of_the_abort_forks) {
    require_in_child([] {
        std::signal(SIGABRT, [](int) {
            const pid_t reporter = fork();
            if (reporter == 0) {
                alarm(seconds_to_hang);
                std::_Exit(EXIT_SUCCESS);
            }
            std::_Exit(ends_well(reporter) ? EXIT_SUCCESS : EXIT_FAILURE);
        });
        strata::concurrent_pool_resource memory{strata::concurrent_pool{.hardened = true}};
        void* const block = memory.allocate(64, 8);
        void* const other = memory.allocate(64, 8);
        memory.deallocate(block, 64, 8);
        memory.deallocate(other, 64, 8);
        overwrite(other, 8);
        (void)memory.allocate(64, 8);
        (void)memory.allocate(64, 8);
        return false;
    });
}

// A handler that asks the pool what it holds.
BOOST_AUTO_TEST_CASE(the_handler_of_a_misuse_asks_for_the_usage) {
    require_in_child([] {
        static strata::concurrent_pool_resource memory{strata::concurrent_pool{.hardened = true}};
        static std::atomic<int> found{0};
        strata::set_misuse_handler([](const char* /*message*/) noexcept {
            ++found;
            (void)memory.usage();
            (void)memory.owns(&memory);
        });
        std::vector<void*> blocks;
        for (int i = 0; i != 1000; ++i) {
            blocks.push_back(memory.allocate(64, 8));
        }
        for (void* block : blocks) {
            memory.deallocate(block, 64, 8);
        }
        for (void* block : blocks) {
            overwrite(block, 16);
        }
        (void)memory.trim();
        return found != 0;
    });
}

BOOST_AUTO_TEST_CASE(a_callback_under_a_concurrent_pool_frees_a_block) {
    require_in_child([] {
        static std::vector<void*> cache;
        static strata::concurrent_pool_resource* pool = nullptr;
        strata::stack memory{strata::concurrent_pool{.largest_block = 512},
                             strata::retry{.callback =
                                               [](strata::layout /*wanted*/, unsigned /*attempt*/) {
                                                   if (cache.empty()) {
                                                       return false;
                                                   }
                                                   pool->deallocate(cache.back(), 4096, 8);
                                                   cache.pop_back();
                                                   return true;
                                               }},
                             strata::limit{.bytes = 300'000}};
        pool = &memory.get<strata::concurrent_pool>();
        return retries_free_what_they_hold(memory, cache, 4096);
    });
}

BOOST_AUTO_TEST_CASE(a_callback_under_a_synchronized_resource_frees_a_block) {
    require_in_child([] {
        static std::vector<void*> cache;
        static std::pmr::memory_resource* all = nullptr;
        strata::stack memory{strata::synchronized{},
                             strata::retry{.callback =
                                               [](strata::layout /*wanted*/, unsigned /*attempt*/) {
                                                   if (cache.empty()) {
                                                       return false;
                                                   }
                                                   all->deallocate(cache.back(), 64, 8);
                                                   cache.pop_back();
                                                   return true;
                                               }},
                             strata::limit{.bytes = 6400}};
        all = &memory;
        return retries_free_what_they_hold(memory, cache, 64);
    });
}

// The class whose chunk is being taken is served meanwhile.
template <class Pool>
void a_callback_uses_the_pool() {
    require_in_child([] {
        calling_upstream below;
        Pool memory{&below};
        std::vector<void*> blocks;
        int depth = 0;
        below.call = [&] {
            if (depth < 3) {
                ++depth;
                for (int i = 0; i != 40; ++i) {
                    blocks.push_back(memory.allocate(64, 8));
                    std::memset(blocks.back(), static_cast<int>(blocks.size()), 64);
                }
                --depth;
            }
        };
        for (int i = 0; i != 5000; ++i) {
            blocks.push_back(memory.allocate(64, 8));
            std::memset(blocks.back(), static_cast<int>(blocks.size()), 64);
        }
        below.call = [] {};
        std::size_t number = 0;
        std::vector<unsigned char> whole(64);
        bool are_intact = true;
        for (void* block : blocks) {
            // Numbered in the order in which they were given.
            std::memset(whole.data(), static_cast<int>(++number), 64);
            are_intact = std::memcmp(block, whole.data(), 64) == 0 && are_intact;
            memory.deallocate(block, 64, 8);
        }
        (void)memory.trim();
        memory.release();
        return are_intact;
    });
}

BOOST_AUTO_TEST_CASE(a_callback_of_the_upstream_uses_the_pool) {
    a_callback_uses_the_pool<strata::pool_resource>();
}

BOOST_AUTO_TEST_CASE(a_callback_of_the_upstream_uses_the_concurrent_pool) {
    a_callback_uses_the_pool<strata::concurrent_pool_resource>();
}

BOOST_AUTO_TEST_SUITE_END()
