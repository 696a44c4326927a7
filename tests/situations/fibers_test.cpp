// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Fibers that change threads between two calls of a resource, whose calls are inlined here: a
// compiler that kept the address of something thread-local across the change would use another
// thread's.
#define BOOST_TEST_MODULE fibers
#include <boost/test/unit_test.hpp>

#include <ucontext.h>

#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include <strata/strata.hpp>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define STRATA_HAS_FIBERS 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef STRATA_HAS_FIBERS
#endif
#endif
#endif

#ifdef STRATA_HAS_FIBERS

namespace {

constexpr int rounds = 2'000;
constexpr std::uint64_t blocks_a_round = 50;
constexpr std::uint64_t all_blocks = rounds * blocks_a_round;

// A function with a stack of its own, which whichever thread calls `go_on` runs up to the next
// `pause`.
class fiber {
public:
    explicit fiber(void (*function)(fiber&), void* data) : data_{data}, stack_(262'144) {
        getcontext(&inside_);
        inside_.uc_stack.ss_sp = stack_.data();
        inside_.uc_stack.ss_size = stack_.size();
        inside_.uc_link = &outside_;
        const auto self = reinterpret_cast<std::uintptr_t>(this);
        const auto start = reinterpret_cast<std::uintptr_t>(function);
        makecontext(&inside_, reinterpret_cast<void (*)()>(&run), 4, upper(self), lower(self),
                    upper(start), lower(start));
    }

    void go_on() { swapcontext(&outside_, &inside_); }
    void pause() { swapcontext(&inside_, &outside_); }
    [[nodiscard]] void* data() const { return data_; }

private:
    static unsigned upper(std::uintptr_t word) { return static_cast<unsigned>(word >> 32); }
    static unsigned lower(std::uintptr_t word) { return static_cast<unsigned>(word); }
    static std::uintptr_t joined(unsigned upper, unsigned lower) {
        return (std::uintptr_t{upper} << 32) | lower;
    }
    static void run(unsigned a, unsigned b, unsigned c, unsigned d) {
        auto& self = *reinterpret_cast<fiber*>(joined(a, b));
        reinterpret_cast<void (*)(fiber&)>(joined(c, d))(self);
    }

    void* data_;
    std::vector<std::byte> stack_;
    ucontext_t inside_{};
    ucontext_t outside_{};
};

// Two threads take turns with a fiber: the calling one has the even turns, another the odd ones.
void take_turns(
    fiber& with, int turns, const std::function<void()>& start_of_other = [] {}) {
    std::barrier together{2};
    const auto run = [&](int first) {
        for (int turn = 0; turn != turns; ++turn) {
            if (turn % 2 == first) {
                with.go_on();
            }
            together.arrive_and_wait();
        }
    };
    std::thread other{[&] {
        start_of_other();
        run(1);
    }};
    run(0);
    other.join();
}

// Two threads go on with two fibers, which they exchange after each round. Both fibers begin in the
// same thread, so that what they might remember of it would be the same.
void exchange_fibers(std::array<fiber*, 2> fibers) {
    fibers[0]->go_on();
    fibers[1]->go_on();
    std::barrier together{2};
    const auto run = [&](int first) {
        for (int round = 0; round != rounds; ++round) {
            fibers[static_cast<std::size_t>((first + round) % 2)]->go_on();
            together.arrive_and_wait();
        }
    };
    std::thread other{run, 1};
    run(0);
    other.join();
}

struct written_block {
    std::uint64_t fiber;
    std::uint64_t number;
};

template <class Resource>
struct writer {
    Resource& memory;
    std::uint64_t number;
    std::vector<written_block*> blocks{};

    static void run(fiber& here) {
        auto& self = *static_cast<writer*>(here.data());
        for (std::uint64_t i = 0; i != all_blocks; ++i) {
            if (i % blocks_a_round == 0) {
                here.pause();
            }
            auto* block = static_cast<written_block*>(self.memory.allocate(16, 8));
            *block = {self.number, i};
            self.blocks.push_back(block);
        }
    }

    [[nodiscard]] std::size_t overwritten() const {
        std::size_t count = 0;
        for (std::uint64_t i = 0; i != blocks.size(); ++i) {
            count += blocks[i]->fiber != number || blocks[i]->number != i ? 1 : 0;
        }
        return count;
    }
};

template <class Resource>
void no_block_is_handed_out_twice(Resource& memory) {
    writer<Resource> one{memory, 1};
    writer<Resource> two{memory, 2};
    one.blocks.reserve(all_blocks);
    two.blocks.reserve(all_blocks);
    fiber first{&writer<Resource>::run, &one};
    fiber second{&writer<Resource>::run, &two};
    exchange_fibers({&first, &second});
    BOOST_TEST(one.blocks.size() == all_blocks);
    BOOST_TEST(two.blocks.size() == all_blocks);
    BOOST_TEST(one.overwritten() == 0u);
    BOOST_TEST(two.overwritten() == 0u);
    for (const auto* each : {&one, &two}) {
        for (written_block* block : each->blocks) {
            memory.deallocate(block, 16, 8);
        }
    }
}

constexpr int turns = 40;

// In each turn one block.
template <class Resource>
struct taker {
    Resource& memory;
    std::array<std::byte*, turns> blocks{};

    static void run(fiber& here) {
        auto& self = *static_cast<taker*>(here.data());
        for (std::byte*& block : self.blocks) {
            block = static_cast<std::byte*>(self.memory.allocate(16, 8));
            here.pause();
        }
    }
};

// What the calling thread has at hand from then on.
std::set<std::byte*> own_blocks(strata::concurrent_pool_resource& memory) {
    std::set<std::byte*> blocks;
    for (int i = 0; i != 2 * turns; ++i) {
        blocks.insert(static_cast<std::byte*>(memory.allocate(16, 8)));
    }
    for (std::byte* block : blocks) {
        memory.deallocate(block, 16, 8);
    }
    return blocks;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_fiber_bumps_through_the_slab_of_the_thread_that_it_is_in) {
    strata::concurrent_arena_resource memory;
    taker<strata::concurrent_arena_resource> takes{memory};
    fiber one{&decltype(takes)::run, &takes};
    take_turns(one, turns);
    for (std::size_t i = 3; i != turns; ++i) {
        BOOST_TEST(takes.blocks[i] == takes.blocks[i - 2] + 16);
        BOOST_TEST(takes.blocks[i] != takes.blocks[i - 1] + 16);
    }
}

BOOST_AUTO_TEST_CASE(a_fiber_takes_free_blocks_of_the_thread_that_it_is_in) {
    for (const bool hardened : {false, true}) {
        strata::concurrent_pool_resource memory{strata::concurrent_pool{.hardened = hardened}};
        taker<strata::concurrent_pool_resource> takes{memory};
        fiber one{&decltype(takes)::run, &takes};
        const std::set<std::byte*> mine = own_blocks(memory);
        std::set<std::byte*> others;
        take_turns(one, turns, [&] { others = own_blocks(memory); });
        for (std::size_t i = 0; i != turns; ++i) {
            BOOST_TEST(mine.contains(takes.blocks[i]) == (i % 2 == 0));
            BOOST_TEST(others.contains(takes.blocks[i]) == (i % 2 == 1));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_concurrent_arena_hands_no_block_out_twice) {
    strata::concurrent_arena_resource memory;
    no_block_is_handed_out_twice(memory);
}

BOOST_AUTO_TEST_CASE(a_concurrent_pool_hands_no_block_out_twice) {
    strata::concurrent_pool_resource memory;
    no_block_is_handed_out_twice(memory);
    no_block_is_handed_out_twice(memory);  // from lists
}

BOOST_AUTO_TEST_CASE(a_hardened_concurrent_pool_hands_no_block_out_twice) {
    strata::concurrent_pool_resource memory{strata::concurrent_pool{.hardened = true}};
    no_block_is_handed_out_twice(memory);
    no_block_is_handed_out_twice(memory);
}

BOOST_AUTO_TEST_CASE(sharded_counts_lose_nothing) {
    strata::stack memory{strata::basic_stats<strata::counting::sharded>{},
                         strata::concurrent_pool{}};
    no_block_is_handed_out_twice(memory);
    const strata::allocation_stats counted = memory.template get<0>().snapshot();
    BOOST_TEST(counted.allocations == std::int64_t{2 * all_blocks});
    BOOST_TEST(counted.deallocations == std::int64_t{2 * all_blocks});
    BOOST_TEST(counted.live_bytes == 0);
}

#else

BOOST_AUTO_TEST_CASE(is_left_out_under_sanitizers_that_know_no_fibers) {}

#endif
