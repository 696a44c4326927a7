// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <strata/core/literals.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/sources/heap_resource.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>
#include <strata/testing/boost_test_print.hpp>

#include "support/asan.hpp"
#include "support/child.hpp"
#include "support/memcheck.hpp"
#include "support/random.hpp"
#include "support/upstream.hpp"
#include "support/written_block.hpp"

BOOST_AUTO_TEST_SUITE(concurrent_pool_threads_test)

using namespace strata::literals;
using strata::concurrent_pool;
using strata::concurrent_pool_resource;
using strata::layout;
using tests::allocate;
using tests::deallocate;
using tests::take;
using tests::tsan;
using tests::upstream;
using tests::written_block;
namespace utf = boost::unit_test;
namespace data = utf::data;

// All over an upstream that takes it amiss if two threads are inside at once.

namespace {

std::uint64_t seed() {
    const char* text = std::getenv("STRATA_TEST_SEED");
    return text == nullptr ? 1 : std::stoull(text);
}

/// Runs `work(i)` in so many threads at once.
template <class Work>
void in_threads(std::size_t count, Work work) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != count; ++i) {
        threads.emplace_back(work, i);
    }
    for (std::thread& each : threads) {
        each.join();
    }
}

template <class Work>
void in_a_thread(Work work) {
    std::thread{work}.join();
}

layout any_layout(tests::random& random) {
    const std::size_t most = random.below(50) == 0 ? 40'000 : random.power_of_two(11);
    return {random.below(most), random.power_of_two(random.below(20) == 0 ? 13 : 7)};
}

/// Takes and frees blocks of its own; whether all kept what was written to them.
bool churn(std::pmr::memory_resource& memory, std::uint64_t start, std::size_t steps,
           std::size_t most_live = 100) {
    tests::random random{start};
    std::vector<written_block> blocks;
    bool intact = true;
    const auto free_one = [&] {
        const auto block = take(blocks, random.below(blocks.size()));
        intact = intact && block.is_intact();
        block.free_to(memory);
    };
    for (std::size_t step = 0; step != steps; ++step) {
        if (blocks.size() == most_live || (!blocks.empty() && random.below(3) == 0)) {
            free_one();
        } else {
            blocks.emplace_back(memory, any_layout(random), step);
        }
    }
    while (!blocks.empty()) {
        free_one();
    }
    return intact;
}

/// Calls what it was told to, once, when it is asked for memory.
class upstream_that_calls : public std::pmr::memory_resource {
public:
    explicit upstream_that_calls(std::pmr::memory_resource* below) : below_{below} {}
    void call_once(std::function<void()> what) { what_ = std::move(what); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (const auto what = std::exchange(what_, nullptr)) {
            what();
        }
        return below_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        below_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::pmr::memory_resource* below_;
    std::function<void()> what_;
};

/// Blocks on their way from one thread to another.
class mailbox {
public:
    void put(const written_block& block) {
        const std::lock_guard lock{mutex_};
        blocks_.push_back(block);
    }
    std::optional<written_block> get() {
        const std::lock_guard lock{mutex_};
        if (blocks_.empty()) {
            return std::nullopt;
        }
        const written_block block = blocks_.front();
        blocks_.pop_front();
        return block;
    }
    /// Whether all were intact.
    bool free_all_to(std::pmr::memory_resource& memory) {
        bool intact = true;
        while (const auto block = get()) {
            intact = intact && block->is_intact();
            block->free_to(memory);
        }
        return intact;
    }

private:
    std::mutex mutex_;
    std::deque<written_block> blocks_;
};

}  // namespace

// --- blocks in one thread, and from one to another ----------------------------------------------

BOOST_FIXTURE_TEST_CASE(threads_use_blocks_of_their_own, upstream) {
    concurrent_pool_resource memory{&below};
    std::atomic<bool> intact = true;
    in_threads(4, [&](std::size_t i) {
        if (!churn(memory, seed() + i, 5000)) {
            intact = false;
        }
    });
    BOOST_TEST(intact, "STRATA_TEST_SEED=" << seed());
}

BOOST_FIXTURE_TEST_CASE(what_one_makes_another_consumes, upstream) {
    concurrent_pool_resource memory{&below};
    constexpr std::size_t count = 20'000;
    constexpr std::size_t most_in_between = 500;
    mailbox box;
    std::atomic<std::size_t> consumed = 0;
    bool intact = true;
    std::thread consumer{[&] {
        while (consumed != count) {
            if (const auto block = box.get()) {
                intact = intact && block->is_intact();
                block->free_to(memory);
                ++consumed;
            } else {
                std::this_thread::yield();
            }
        }
    }};
    for (std::size_t made = 0; made != count; ++made) {
        while (made - consumed == most_in_between) {
            std::this_thread::yield();
        }
        box.put({memory, layout{100, 8}, made});
    }
    consumer.join();
    BOOST_TEST(intact);
    BOOST_TEST(below.live_bytes() <= 512_KiB);  // 2 MB have passed
}

namespace {

/// Threads take blocks, hand them to each other and free those of others.
void exchange_blocks(std::pmr::memory_resource& memory) {
    constexpr std::size_t thread_count = 8;
    std::array<mailbox, thread_count> boxes;
    std::atomic<bool> intact = true;
    in_threads(thread_count, [&](std::size_t i) {
        tests::random random{seed() * 100 + i};
        std::vector<written_block> mine;
        const auto take_one = [&] { return take(mine, random.below(mine.size())); };
        for (std::size_t step = 0; step != 4000; ++step) {
            const std::size_t what = mine.empty() ? 0 : random.below(5);
            if (what <= 1) {
                mine.emplace_back(memory, any_layout(random), step);
            } else if (what == 2) {
                boxes[random.below(thread_count)].put(take_one());
            } else if (what == 3) {
                if (const auto got = boxes[i].get()) {
                    mine.push_back(*got);
                }
            } else {
                const auto block = take_one();
                if (!block.is_intact()) {
                    intact = false;
                }
                block.free_to(memory);
            }
        }
        for (const written_block& each : mine) {
            boxes[random.below(thread_count)].put(each);
        }
    });
    for (mailbox& each : boxes) {
        BOOST_TEST(each.free_all_to(memory));
    }
    BOOST_TEST(intact, "STRATA_TEST_SEED=" << seed());
}

}  // namespace

BOOST_DATA_TEST_CASE_F(upstream, blocks_change_hands_at_random, data::make({16_KiB, 64_B, 64_KiB}),
                       largest) {
    concurrent_pool_resource memory{concurrent_pool{.largest_block = largest, .first_chunk = 1_KiB},
                                    &below};
    exchange_blocks(memory);
    memory.trim();
    BOOST_TEST(below.live_blocks() <= 9u);  // a cache in each
}

BOOST_DATA_TEST_CASE_F(upstream, fresh_blocks_of_two_threads_never_share_a_cache_line,
                       data::make({1_B, 8_B, 16_B, 24_B, 40_B, 72_B, 100_B, 200_B, 1000_B, 0_B}),
                       bytes) {
    concurrent_pool_resource memory{&below};
    constexpr std::size_t thread_count = 3;
    constexpr std::size_t count = 2000;
    std::array<std::set<std::uintptr_t>, thread_count> lines;
    std::barrier together{thread_count};
    in_threads(thread_count, [&](std::size_t i) {
        tests::random random{i};
        for (std::size_t block = 0; block != count; ++block) {
            if (block % 50 == 0) {
                together.arrive_and_wait();
            }
            // 0: of all sizes, so that what is left of a chunk is used too.
            const layout wanted = bytes == 0 ? any_layout(random) : layout{bytes, 1};
            const auto first =
                reinterpret_cast<std::uintptr_t>(memory.allocate(wanted.size, wanted.alignment));
            const auto last = first + std::max<std::size_t>(wanted.size, 1) - 1;
            if (wanted.size <= 16_KiB) {  // larger ones are the upstream's own
                lines[i].insert(first / 64);
                lines[i].insert(last / 64);
            }
        }
        together.arrive_and_wait();  // what an ended thread left serves the others
    });
    for (std::size_t i = 0; i != thread_count; ++i) {
        for (const std::uintptr_t line : lines[i]) {
            BOOST_REQUIRE(!lines[(i + 1) % thread_count].contains(line));
        }
    }
    memory.release();
}

// --- threads end --------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(what_an_ended_thread_freed_serves_others, upstream) {
    concurrent_pool_resource memory{&below};
    static_cast<void>(memory.allocate(1));
    in_a_thread([&] { deallocate(memory, allocate(memory, 1000, 24), 24); });
    fail();
    std::set<void*> again;
    const auto take_400 = [&] {
        const auto blocks = allocate(memory, 400, 24);
        again.insert(blocks.begin(), blocks.end());
    };
    take_400();             // this thread has a cache of its own,
    in_a_thread(take_400);  // the next takes that of the ended one
    BOOST_TEST(again.size() == 800u);
}

BOOST_FIXTURE_TEST_CASE(a_thread_keeps_no_more_than_two_batches_from_others, upstream) {
    constexpr std::size_t batch = 64;
    concurrent_pool_resource memory{&below};
    auto blocks = allocate(memory, 1000, 24);
    fail();
    for (int round = 0; round != 3; ++round) {
        deallocate(memory, blocks, 24);
        in_a_thread(
            [&] { deallocate(memory, allocate(memory, blocks.size() - 2 * batch, 24), 24); });
        blocks = allocate(memory, blocks.size(), 24);
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_shared_serves_a_thread_that_can_have_no_cache, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.max_blocks_per_chunk = 1}, &below};
    deallocate(memory, allocate(memory, 500, 24), 24);
    fail();
    in_a_thread([&] {
        std::vector<written_block> blocks;
        for (std::size_t i = 0; i != 300; ++i) {
            blocks.emplace_back(memory, layout{24, 8}, i);
        }
        for (const written_block& each : blocks) {
            BOOST_TEST(each.is_intact());
            each.free_to(memory);
        }
        BOOST_CHECK_THROW(static_cast<void>(memory.allocate(32)), tests::upstream_failure);
    });
    below.never_fail();
    in_a_thread([&] { BOOST_TEST(churn(memory, 1, 1000)); });
}

BOOST_FIXTURE_TEST_CASE(thousands_of_threads_end_with_live_blocks, upstream) {
    concurrent_pool_resource memory{&below};
    constexpr std::size_t rounds = tsan ? 1000 : 5000;
    mailbox box;
    bool intact = true;
    for (std::size_t round = 0; round != rounds; ++round) {
        in_threads(2, [&](std::size_t i) {
            tests::random random{round * 2 + i};
            for (int block = 0; block != 5; ++block) {
                box.put({memory, any_layout(random), round});
            }
            if (const auto other = box.get()) {
                other->free_to(memory);
            }
        });
        if (round % 100 == 0) {
            intact = box.free_all_to(memory) && intact;
        }
    }
    intact = box.free_all_to(memory) && intact;
    BOOST_TEST(intact);
    BOOST_TEST(below.peak_bytes() <= 32_MiB);
}

namespace {

void leave_64_bytes_in(std::pmr::memory_resource& memory) {
    in_a_thread([&] { static_cast<void>(memory.allocate(64)); });
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(threads_in_turn_need_little_more_than_one, upstream) {
    concurrent_pool_resource memory{&below};
    leave_64_bytes_in(memory);
    const std::size_t one = below.peak_bytes();
    for (int i = 1; i != 1000; ++i) {
        leave_64_bytes_in(memory);
    }
    BOOST_TEST(below.peak_bytes() <= one + 64_KiB + 1000 * 64);
}

// Trimming holds the caches of ended threads, and still a new thread must get one of them.
BOOST_FIXTURE_TEST_CASE(threads_in_turn_need_little_while_others_trim, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.largest_chunk = 4_KiB}, &below};
    const auto blocks = allocate(memory, 40'000, 16);
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
        memory.deallocate(blocks[i], 16, 8);
    }
    std::atomic<bool> done = false;
    std::thread trimming{[&] {
        while (!done) {
            memory.trim();
            // A mutex is not fair: without a pause, another thread would wait for many trims.
            std::this_thread::sleep_for(std::chrono::microseconds{100});
        }
    }};
    leave_64_bytes_in(memory);
    const std::size_t early = memory.usage().reserved_bytes.value();
    constexpr int count = tsan ? 50 : 200;
    for (int i = 0; i != count; ++i) {
        leave_64_bytes_in(memory);
    }
    done = true;
    trimming.join();
    BOOST_TEST(memory.usage().reserved_bytes.value() <= early + 16_KiB + count * 64);
}

namespace {

// Frees and allocates at the end of its thread.
struct at_end {
    std::pmr::memory_resource* memory = nullptr;
    mailbox* box = nullptr;
    int rounds = 1;

    void operator()() const {
        bool intact = true;
        if (const auto block = box->get()) {
            intact = block->is_intact();
            block->free_to(*memory);
        }
        intact = churn(*memory, 1, 100) && intact;
        box->put({*memory, layout{100, 8}, 1});
        if (!intact) {
            std::abort();
        }
    }
};

struct thread_object {
    at_end work;
    ~thread_object() {
        if (work.memory != nullptr) {
            work();
        }
    }
};
thread_local thread_object object_of_thread;

// A key whose destructor runs behind the pools' own: made later, it comes later in each round.
pthread_key_t later_key() {
    static const pthread_key_t key = [] {
        pthread_key_t made{};
        pthread_key_create(&made, [](void* of) {
            auto* work = static_cast<at_end*>(of);
            (*work)();
            if (--work->rounds != 0) {
                pthread_setspecific(later_key(), work);
            }
        });
        return made;
    }();
    return key;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(destructors_of_thread_local_objects_may_use_it, upstream) {
    concurrent_pool_resource memory{&below};
    mailbox box;
    for (const bool used_before : {true, false}) {
        for (int round = 0; round != 20; ++round) {
            in_threads(3, [&](std::size_t i) {
                object_of_thread.work = {&memory, &box};
                if (used_before) {
                    static_cast<void>(churn(memory, i, 100));
                }
            });
        }
    }
    BOOST_TEST(box.free_all_to(memory));
    memory.trim();
    BOOST_TEST(below.live_blocks() <= 5u);  // a cache in each
}

BOOST_FIXTURE_TEST_CASE(destructors_of_keys_may_use_it, upstream) {
    concurrent_pool_resource memory{&below};
    mailbox box;
    const pthread_key_t key = later_key();
    // The thread sanitizer ends before the fourth round.
    std::array<at_end, tsan ? 3 : 4> work;
    for (int round = 0; round != 20; ++round) {
        in_threads(work.size(), [&](std::size_t i) {
            work[i] = {&memory, &box, static_cast<int>(i) + 1};
            pthread_setspecific(key, &work[i]);
            if (round % 2 == 0) {
                static_cast<void>(churn(memory, i, 100));
            }
        });
    }
    BOOST_TEST(box.free_all_to(memory));
    memory.trim();
    BOOST_TEST(below.live_blocks() <= 5u);  // a cache in each
}

// --- resources come and go ----------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_thread_may_end_after_the_resource, upstream) {
    std::barrier used{2};
    std::barrier gone{2};
    auto memory = std::make_unique<concurrent_pool_resource>(&below);
    std::thread other{[&] {
        static_cast<void>(memory->allocate(100));
        used.arrive_and_wait();
        gone.arrive_and_wait();
        concurrent_pool_resource next{&below};
        static_cast<void>(next.allocate(100));
    }};
    used.arrive_and_wait();
    memory.reset();
    BOOST_TEST(below.live_blocks() == 0u);
    gone.arrive_and_wait();
    other.join();
}

// Of a class of the program's own: when a thread ends, that part of the object may already be gone.
BOOST_AUTO_TEST_CASE(resources_may_end_just_as_threads_do) {
    class own_pool : public concurrent_pool_resource {
    public:
        using concurrent_pool_resource::concurrent_pool_resource;
        ~own_pool() override { std::this_thread::yield(); }

    protected:
        [[nodiscard]] std::string_view do_name() const noexcept override { return "own"; }
    };
    for (int round = 0; round != (tsan ? 100 : 500); ++round) {
        upstream fixture;
        auto memory = std::make_unique<own_pool>(&fixture.below);
        std::barrier used{4};
        std::vector<std::thread> threads;
        for (int i = 0; i != 3; ++i) {
            threads.emplace_back([&, pool = memory.get()] {
                deallocate(*pool, allocate(*pool, 100, 24), 24);
                used.arrive_and_wait();
            });
        }
        used.arrive_and_wait();
        memory.reset();
        for (std::thread& each : threads) {
            each.join();
        }
    }
}

// The blocks that it had, and the memory that it had not made blocks of yet.
BOOST_FIXTURE_TEST_CASE(what_ended_threads_had_serves_the_others, upstream) {
    constexpr std::size_t threads = 64;
    constexpr std::size_t size = 64;
    concurrent_pool_resource memory{&below};
    std::barrier all{threads};
    in_threads(threads, [&](std::size_t) {
        for (int i = 0; i != 2000; ++i) {
            static_cast<void>(memory.allocate(size));
        }
        all.arrive_and_wait();
    });
    const std::size_t reserved = memory.usage().reserved_bytes.value();
    std::size_t served = threads * 2000 * size;
    while (memory.usage().reserved_bytes == reserved) {
        static_cast<void>(memory.allocate(size));
        served += size;
    }
    BOOST_TEST(served >= reserved / 100 * 80, served << " B served of " << reserved << " B");
}

BOOST_FIXTURE_TEST_CASE(after_release_each_thread_starts_anew, upstream) {
    concurrent_pool_resource memory{&below};
    std::barrier step{3};
    std::atomic<bool> intact = true;
    in_threads(3, [&](std::size_t i) {
        for (std::uint64_t round = 0; round != 20; ++round) {
            static_cast<void>(memory.allocate(24));
            if (!churn(memory, round * 3 + i, 200)) {
                intact = false;
            }
            step.arrive_and_wait();
            if (i == 0) {
                memory.release();
            }
            step.arrive_and_wait();
        }
    });
    BOOST_TEST(intact);
    BOOST_TEST(below.live_blocks() == 0u);
}

// More than a thread remembers at a time, so that they displace each other.
BOOST_AUTO_TEST_CASE(threads_use_many_resources_in_turn) {
    constexpr std::size_t count = 100;
    std::array<upstream, count> fixtures;
    std::vector<std::unique_ptr<concurrent_pool_resource>> pools;
    for (upstream& each : fixtures) {
        pools.push_back(std::make_unique<concurrent_pool_resource>(&each.below));
    }
    std::atomic<bool> intact = true;
    in_threads(4, [&](std::size_t i) {
        tests::random random{seed() + i};
        std::array<std::vector<written_block>, count> blocks;
        for (std::size_t step = 0; step != 20'000; ++step) {
            const std::size_t at = random.below(count);
            if (blocks[at].size() == 20) {
                const auto block = take(blocks[at], random.below(20));
                if (!block.is_intact()) {
                    intact = false;
                }
                block.free_to(*pools[at]);
            } else {
                blocks[at].emplace_back(*pools[at], layout{random.below(200), 8}, step);
            }
        }
    });
    BOOST_TEST(intact, "STRATA_TEST_SEED=" << seed());
}

BOOST_FIXTURE_TEST_CASE(resources_are_made_and_destroyed_while_threads_run, upstream) {
    concurrent_pool_resource lasting{&below};
    std::atomic<bool> done = false;
    std::atomic<bool> intact = true;
    std::thread running{[&] {
        for (std::uint64_t round = 0; !done; ++round) {
            if (!churn(lasting, round, 200)) {
                intact = false;
            }
        }
    }};
    in_threads(2, [&](std::size_t i) {
        for (std::size_t round = 0; round != 100; ++round) {
            strata::checking_resource short_lived;
            std::vector<std::unique_ptr<concurrent_pool_resource>> pools;
            for (std::size_t pool = 0; pool != 20; ++pool) {
                pools.push_back(std::make_unique<concurrent_pool_resource>(&short_lived));
                if (!churn(*pools.back(), round + i, 20)) {
                    intact = false;
                }
                static_cast<void>(lasting.allocate(8));
            }
            pools.clear();
            if (short_lived.live_blocks() != 0 || !short_lived.errors().empty()) {
                intact = false;
            }
        }
    });
    done = true;
    running.join();
    BOOST_TEST(intact);
}

// --- trim ---------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(trim_while_others_run, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.first_chunk = 1_KiB, .largest_chunk = 4_KiB},
                                    &below};
    std::atomic<bool> intact = true;
    std::atomic<int> running = 3;
    std::thread trimming{[&] {
        while (running != 0) {
            memory.trim();
            std::this_thread::sleep_for(std::chrono::microseconds{100});
        }
    }};
    in_threads(3, [&](std::size_t i) {
        for (std::uint64_t round = 0; round != (tsan ? 10 : 30); ++round) {
            // In a thread that ends, and in one that goes on.
            in_a_thread([&] { static_cast<void>(churn(memory, round, 300)); });
            if (!churn(memory, seed() + round * 3 + i, 500)) {
                intact = false;
            }
        }
        --running;
    });
    trimming.join();
    BOOST_TEST(intact, "STRATA_TEST_SEED=" << seed());
    memory.trim();
    BOOST_TEST(below.live_blocks() <= 8u);  // a cache in each
}

// One thread takes memory for a cache while another thread ends and leaves its cache.
BOOST_FIXTURE_TEST_CASE(a_cache_made_while_a_thread_ends_is_not_lost, upstream) {
    upstream_that_calls calling{&below};
    concurrent_pool_resource memory{concurrent_pool{.first_chunk = 1, .largest_chunk = 1},
                                    &calling};
    const auto use = [&] { memory.deallocate(memory.allocate(8), 8); };
    std::latch used{1};
    std::latch may_end{1};
    std::thread ending{[&] {
        use();
        used.count_down();
        may_end.wait();
    }};
    used.wait();
    calling.call_once([&] {
        may_end.count_down();
        ending.join();
    });
    use();
    BOOST_TEST(!ending.joinable());
    in_a_thread(use);  // finds the idle one of the two caches
    memory.trim();
    BOOST_TEST(below.live_blocks() == 2u);  // a cache in each
}

BOOST_FIXTURE_TEST_CASE(trim_gives_back_what_ended_threads_had, upstream) {
    concurrent_pool_resource memory{concurrent_pool{.first_chunk = 1}, &below};
    in_threads(3, [&](std::size_t i) { static_cast<void>(churn(memory, i, 5000)); });
    BOOST_TEST(memory.trim() != 0u);
    BOOST_TEST(below.live_blocks() <= 3u);  // a cache each
    BOOST_TEST(memory.usage().reserved_bytes.value() == below.live_bytes());
}

// --- one over another ---------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(one_over_another_while_threads_end, upstream) {
    concurrent_pool_resource lower{&below};
    concurrent_pool_resource upper{concurrent_pool{.first_chunk = 1_KiB, .largest_chunk = 4_KiB},
                                   &lower};
    std::atomic<bool> intact = true;
    in_threads(3, [&](std::size_t i) {
        for (std::uint64_t round = 0; round != (tsan ? 30 : 100); ++round) {
            in_a_thread([&] {
                if (!churn(upper, round * 3 + i, 100) || !churn(lower, round, 100)) {
                    intact = false;
                }
            });
            if (round % 4 == i) {
                upper.trim();
                lower.trim();
            }
        }
    });
    BOOST_TEST(intact);
}

BOOST_AUTO_TEST_CASE(over_an_arena_no_lock_is_needed) {
    strata::arena_resource arena;
    concurrent_pool_resource memory{&arena};
    std::atomic<bool> intact = true;
    in_threads(4, [&](std::size_t i) {
        if (!churn(memory, seed() + i, 3000)) {
            intact = false;
        }
    });
    BOOST_TEST(intact);
}

// --- fork ---------------------------------------------------------------------------------------

namespace {

// What parent and child go on with needs no heap: its state after a fork is another matter.
// The buffer gets back only what was taken last, so chunks that are trimmed are used up in it.
struct memory_of_its_own {
    std::unique_ptr<std::byte[]> buffer{new std::byte[256_MiB]};
    strata::fixed_buffer_resource<> below{buffer.get(), 256_MiB};
};

// The same again and again, without another resource.
bool small_churn(std::pmr::memory_resource& memory, int steps) {
    std::array<std::byte*, 200> blocks{};
    bool intact = true;
    for (int step = 0; step != steps; ++step) {
        auto& block = blocks[static_cast<std::size_t>(step) * 7 % blocks.size()];
        const std::size_t bytes = 8 + static_cast<std::size_t>(&block - blocks.data()) * 3;
        if (block == nullptr) {
            block = static_cast<std::byte*>(memory.allocate(bytes));
            std::fill_n(block, bytes, static_cast<std::byte>(bytes));
        } else {
            intact = intact && std::all_of(block, block + bytes, [&](std::byte each) {
                         return each == static_cast<std::byte>(bytes);
                     });
            memory.deallocate(block, bytes);
            block = nullptr;
        }
    }
    for (std::size_t i = 0; i != blocks.size(); ++i) {
        if (blocks[i] != nullptr) {
            memory.deallocate(blocks[i], 8 + i * 3);
        }
    }
    return intact;
}

}  // namespace

// Under the thread sanitizer such a child may start no thread.
BOOST_AUTO_TEST_CASE(parent_and_child_go_on_after_a_fork,
                     *utf::enable_if<tests::heap_survives_forks>() *
                         utf::precondition(tests::without_memcheck)) {
    memory_of_its_own source;
    concurrent_pool_resource lower{&source.below};
    concurrent_pool_resource upper{concurrent_pool{.first_chunk = 1_KiB, .largest_chunk = 4_KiB},
                                   &lower};
    std::atomic<bool> done = false;
    std::atomic<bool> intact = true;
    std::vector<std::thread> running;
    for (int i = 0; i != 3; ++i) {
        running.emplace_back([&] {
            while (!done) {
                // Threads end all the while, too.
                in_a_thread([&] { static_cast<void>(small_churn(upper, 300)); });
                if (!small_churn(upper, 1000) || !small_churn(lower, 1000)) {
                    intact = false;
                }
            }
        });
    }
    running.emplace_back([&] {
        while (!done) {
            upper.trim();
            lower.trim();
            concurrent_pool_resource passing{&lower};
            static_cast<void>(passing.allocate(10));
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    });
    for (int forks = 0; forks != 30; ++forks) {
        const auto ended = tests::run_in_child([&] {
            bool well = small_churn(upper, 2000) && small_churn(lower, 2000);
            upper.trim();
            pthread_t thread{};
            const auto work = [](void* memory) -> void* {
                auto& pool = *static_cast<concurrent_pool_resource*>(memory);
                return small_churn(pool, 2000) ? memory : nullptr;
            };
            void* result = nullptr;
            well = pthread_create(&thread, nullptr, work, &upper) == 0 &&
                   pthread_join(thread, &result) == 0 && result == &upper && well;
            upper.release();
            well = small_churn(upper, 2000) && well;
            if (!well) {
                std::_Exit(1);
            }
        });
        BOOST_TEST(ended.signal == 0);
        BOOST_TEST(ended.exit_code == 0);
        BOOST_TEST(ended.errors == "");
        BOOST_TEST(small_churn(upper, 1000));
    }
    done = true;
    for (std::thread& each : running) {
        each.join();
    }
    BOOST_TEST(intact);
}

namespace {

// Makes a resource and ends it inside each call.
struct makes_a_pool : std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const concurrent_pool_resource passing{strata::system_heap()};
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

// Passes on to what is set later, and so may be newer than the pool above.
struct passes_on : std::pmr::memory_resource {
    std::pmr::memory_resource* to = nullptr;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return to->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        to->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

void fork_while_allocating(concurrent_pool_resource& memory) {
    std::atomic<bool> done = false;
    std::thread running{[&] {
        while (!done) {
            memory.deallocate(memory.allocate(20'000), 20'000);
        }
    }};
    for (int forks = 0; forks != 20; ++forks) {
        const auto ended = tests::run_in_child([] {});
        BOOST_TEST(ended.exit_code == 0);
    }
    done = true;
    running.join();
}

}  // namespace

// These would wait for ever if a fork took the locks in an order of its own.
BOOST_AUTO_TEST_CASE(a_fork_comes_through_while_an_upstream_makes_a_pool,
                     *utf::enable_if<!tsan>() * utf::precondition(tests::without_memcheck)) {
    makes_a_pool below;
    concurrent_pool_resource memory{&below};
    fork_while_allocating(memory);
}

BOOST_AUTO_TEST_CASE(a_fork_comes_through_where_an_upstream_is_newer,
                     *utf::enable_if<!tsan>() * utf::precondition(tests::without_memcheck)) {
    passes_on between;
    concurrent_pool_resource memory{&between};
    concurrent_pool_resource newer{strata::system_heap()};
    between.to = &newer;
    fork_while_allocating(memory);
    memory.release();
}

BOOST_AUTO_TEST_SUITE_END()
