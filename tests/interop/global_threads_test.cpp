// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Many threads on one operator new: blocks go from hand to hand, threads and children come and go.
#define BOOST_TEST_MODULE global_threads
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <strata/adaptors/stats_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/interop/global_new.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

#include "support/asan.hpp"
#include "support/memcheck.hpp"
#include "support/random.hpp"
#include "support/valgrind.hpp"  // for all forks

// The same tests are compiled for both.
#ifdef STRATA_TEST_POOL_ALONE
STRATA_GLOBAL_RESOURCE(strata::concurrent_pool_resource{strata::system_heap()});
#else
STRATA_GLOBAL_RESOURCE(strata::stack{strata::basic_stats<strata::counting::sharded>{},
                                     strata::concurrent_pool{}});
#endif

namespace {

constexpr std::size_t thread_count = 16;

// What a block holds tells whether it is whole, wherever it came from.
struct content {
    std::uint32_t size;
    std::uint32_t alignment;
    std::uint64_t check;
};

constexpr std::uint64_t secret = 0x9E37'79B9'7F4A'7C15U;

content* make_block(tests::random& random) {
    const auto size = static_cast<std::uint32_t>(
        sizeof(content) + (random.below(50) == 0 ? random.below(30'000) : random.below(400)));
    const std::uint32_t alignment = random.below(8) == 0 ? 64 : 16;
    void* block =
        alignment == 16 ? ::operator new(size) : ::operator new (size, std::align_val_t{alignment});
    // The last byte first: in the smallest block it is the check's.
    static_cast<unsigned char*>(block)[size - 1] = static_cast<unsigned char>(size);
    auto* made = ::new (block) content{size, alignment, 0};
    made->check = (reinterpret_cast<std::uintptr_t>(made) ^ size) * secret;
    return made;
}

// Whether it was whole.
bool free_block(content* made, bool says_size) {
    const content held = *made;
    const bool is_whole =
        held.check == (reinterpret_cast<std::uintptr_t>(made) ^ held.size) * secret &&
        (held.size == sizeof(content) || reinterpret_cast<unsigned char*>(made)[held.size - 1] ==
                                             static_cast<unsigned char>(held.size));
    if (held.alignment != 16) {
        ::operator delete (made, held.size, std::align_val_t{held.alignment});
    } else if (says_size) {
        ::operator delete(made, static_cast<std::size_t>(held.size));
    } else {
        ::operator delete(made);
    }
    return is_whole;
}

// Where threads leave blocks for each other.
std::array<std::atomic<content*>, 4096> exchanged{};
std::atomic<std::size_t> broken = 0;

void work(std::uint64_t seed, std::size_t operations) {
    tests::random random{seed};
    for (std::size_t i = 0; i != operations; ++i) {
        content* left = exchanged[random.below(exchanged.size())].exchange(make_block(random));
        if (left != nullptr && !free_block(left, random.below(2) == 0)) {
            ++broken;
        }
    }
}

// The child of a process in which all others may be anywhere: whether it can allocate and free.
bool child_goes_on() {
    const pid_t child = fork();
    if (child == 0) {
        tests::random random{7};
        bool is_whole = true;
        for (int i = 0; i != 1000; ++i) {
            is_whole = free_block(make_block(random), true) && is_whole;
        }
        const std::string text(1000, 'x');
        std::_Exit(is_whole && text.size() == 1000 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

void empty_the_exchange() {
    for (auto& each : exchanged) {
        if (content* left = each.exchange(nullptr); left != nullptr && !free_block(left, true)) {
            ++broken;
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(blocks_go_from_thread_to_thread_while_threads_end_and_processes_fork) {
    const bool is_watched = tests::asan || tests::tsan || tests::is_memcheck();
    const std::size_t operations = tests::operations(is_watched ? 50'000 : 1'000'000);  // a thread
    constexpr std::size_t lives = 10;  // each thread ends so often, and another goes on
    std::vector<std::thread> threads;
    std::atomic<std::size_t> at_work = thread_count;
    for (std::size_t number = 0; number != thread_count; ++number) {
        threads.emplace_back([&at_work, number, operations] {
            for (std::size_t life = 0; life != lives; ++life) {
                std::thread{work, number * lives + life, operations / lives}.join();
            }
            --at_work;
        });
    }
    std::size_t forks = 0;
    std::size_t lost_children = 0;
    while (tests::heap_survives_forks && at_work != 0 && forks != 200) {
        ++forks;
        lost_children += child_goes_on() ? 0 : 1;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    for (std::thread& each : threads) {
        each.join();
    }
    empty_the_exchange();
    BOOST_TEST_MESSAGE(forks << " forks");
    BOOST_TEST((forks > 0U || !tests::heap_survives_forks));
    BOOST_TEST(lost_children == 0U);
    BOOST_TEST(broken == 0U);
}

BOOST_AUTO_TEST_CASE(resources_are_put_in_and_taken_away_while_threads_are_at_work) {
    static strata::concurrent_pool_resource other{strata::system_heap()};
    static strata::stats_resource counted{&other};
    const std::size_t operations =
        tests::asan || tests::tsan || tests::is_memcheck() ? 5'000 : 50'000;
    std::vector<std::thread> threads;
    std::atomic<std::size_t> at_work = 4;
    for (std::size_t number = 0; number != 4; ++number) {
        threads.emplace_back([&at_work, number, operations] {
            work(number, operations);
            --at_work;
        });
    }
    std::size_t swaps = 0;
    while (at_work != 0) {
        const strata::global::scoped_resource use{counted};
        ++swaps;
        std::this_thread::yield();
    }
    for (std::thread& each : threads) {
        each.join();
    }
    empty_the_exchange();
    BOOST_TEST(swaps > 0U);
    BOOST_TEST(broken == 0U);
    // What Boost.Test keeps may be among what is left.
    BOOST_TEST(counted.snapshot().live_blocks < 50);
}
