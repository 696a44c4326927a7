// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/record/sampled_blocks.hpp"

#include <sys/mman.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "support/random.hpp"

BOOST_AUTO_TEST_SUITE(sampled_blocks_test)

using strata::tool::recorder::sampled_blocks;

namespace {

/// The tables, in memory of the system as in a recorded program.
class tables {
public:
    tables()
        : memory_{mmap(nullptr, sampled_blocks::bytes(), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)} {
        BOOST_REQUIRE(memory_ != MAP_FAILED);
        of.use(memory_);
    }
    tables(const tables&) = delete;
    tables& operator=(const tables&) = delete;
    ~tables() { (void)munmap(memory_, sampled_blocks::bytes()); }

    sampled_blocks of;

private:
    void* memory_;
};

// The addresses need not be of blocks.
const void* block(std::uint64_t number) {
    return reinterpret_cast<const void*>(0x5000'0000'0000 + 16 * number);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_block_is_there_from_add_to_take) {
    tables all;
    BOOST_TEST(!all.of.take(block(1)));
    BOOST_TEST(all.of.add(block(1)));
    BOOST_TEST(!all.of.take(block(2)));
    BOOST_TEST(all.of.take(block(1)));
    BOOST_TEST(!all.of.take(block(1)));
}

BOOST_AUTO_TEST_CASE(a_block_that_was_never_taken_is_there_once) {
    tables all;
    BOOST_TEST(all.of.add(block(1)));
    BOOST_TEST(all.of.add(block(1)));
    BOOST_TEST(all.of.take(block(1)));
    BOOST_TEST(!all.of.take(block(1)));
}

// With 100,000 blocks, most are in the third table.
BOOST_AUTO_TEST_CASE(the_tables_are_a_set) {
    for (const std::uint64_t most : {10u, 5000u, 100'000u}) {
        BOOST_TEST_CONTEXT("up to " << most << " blocks") {
            tables all;
            std::set<std::uint64_t> model;
            tests::random dice{most};
            std::uint64_t wrong = 0;
            for (std::uint64_t i = 0; i != 4 * most; ++i) {
                const std::uint64_t number = dice.below(2 * most);
                if (dice.below(3) != 0) {
                    wrong += all.of.add(block(number)) ? 0 : 1;
                    model.insert(number);
                } else {
                    wrong += all.of.take(block(number)) == (model.erase(number) != 0) ? 0 : 1;
                }
            }
            BOOST_TEST(model.size() > most / 2);
            for (std::uint64_t number = 0; number != 2 * most; ++number) {
                wrong += all.of.take(block(number)) == model.contains(number) ? 0 : 1;
            }
            BOOST_TEST(wrong == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(full_tables_refuse_and_stay_right) {
    tables all;
    constexpr std::uint64_t most = 8'000'000;  // more than there is room for
    tests::random dice{1};
    std::vector<std::uint64_t> numbers;
    std::uint64_t next = 0;
    const auto fill = [&] {
        for (; numbers.size() != most; next += 1 + dice.below(8)) {
            if (!all.of.add(block(next))) {
                return;
            }
            numbers.push_back(next);
        }
    };
    fill();
    const std::size_t first = numbers.size();
    BOOST_TEST(first > 500'000u);
    BOOST_TEST(first < most);
    BOOST_TEST(!all.of.take(block(next)));
    std::uint64_t wrong = 0;
    for (const std::uint64_t each : numbers) {
        wrong += all.of.take(block(each)) ? 0 : 1;
        wrong += all.of.take(block(each)) ? 1 : 0;
    }
    BOOST_TEST(wrong == 0u);
    numbers.clear();
    fill();
    BOOST_TEST(numbers.size() > 500'000u);
}

// Each thread adds blocks and takes those of another. An address is added again only after it was
// taken, as malloc does it.
BOOST_AUTO_TEST_CASE(threads_take_each_others_blocks) {
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t each_has = 3000;
    constexpr std::uint64_t rounds = 20;
    tables all;
    std::array<std::atomic<std::uint64_t>, threads> added{};
    std::array<std::atomic<std::uint64_t>, threads> taken{};
    std::atomic<std::uint64_t> wrong = 0;
    const auto work = [&](std::uint64_t me) {
        const std::uint64_t from = (me + 1) % threads;
        const std::uint64_t by = (me + threads - 1) % threads;
        for (std::uint64_t round = 0; round != rounds; ++round) {
            while (taken[by].load() < round) {
                std::this_thread::yield();
            }
            for (std::uint64_t i = 0; i != each_has; ++i) {
                wrong += all.of.add(block(me * each_has + i)) ? 0 : 1;
            }
            added[me].store(round + 1);
            while (added[from].load() <= round) {
                std::this_thread::yield();
            }
            for (std::uint64_t i = 0; i != each_has; ++i) {
                wrong += all.of.take(block(from * each_has + i)) ? 0 : 1;
            }
            taken[me].store(round + 1);
        }
    };
    std::vector<std::thread> running;
    for (std::uint64_t i = 0; i != threads; ++i) {
        running.emplace_back(work, i);
    }
    for (std::thread& each : running) {
        each.join();
    }
    BOOST_TEST(wrong == 0u);
    for (std::uint64_t i = 0; i != threads * each_has; ++i) {
        wrong += all.of.take(block(i)) ? 1 : 0;
    }
    BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
