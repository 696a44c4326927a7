// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "battery.hpp"
#include "dice.hpp"
#include "subject.hpp"

namespace conformance {
namespace {

constexpr std::size_t thread_count = 4;
constexpr int steps = 3000;

// For resources that need no lock.
struct no_mutex {
    void lock() {}
    void unlock() {}
};

/// What one thread does: takes and frees its own blocks, and counts those that went wrong.
template <class Mutex>
void work(std::pmr::memory_resource& memory, std::uint64_t start, Mutex& mutex,
          std::atomic<int>& wrong) {
    dice chance{start};
    std::vector<block> blocks;
    const auto give_back = [&](std::size_t index) {
        std::swap(blocks[index], blocks.back());
        const block& given = blocks.back();
        wrong += given.is_intact() ? 0 : 1;
        const std::lock_guard lock{mutex};
        memory.deallocate(given.at, given.asked.size, given.asked.alignment);
        blocks.pop_back();
    };
    for (int i = 0; i != steps; ++i) {
        if (blocks.size() > 20 || (!blocks.empty() && chance.one_in(3))) {
            give_back(chance.below(blocks.size()));
            continue;
        }
        block taken{nullptr, chance.any_layout(), chance.below(1'000'000)};
        try {
            const std::lock_guard lock{mutex};
            taken.at =
                static_cast<std::byte*>(memory.allocate(taken.asked.size, taken.asked.alignment));
        } catch (const std::bad_alloc&) {
            continue;  // as bounded resources may
        }
        wrong += taken.is_aligned() ? 0 : 1;
        taken.fill();
        blocks.push_back(taken);
    }
    while (!blocks.empty()) {
        give_back(blocks.size() - 1);
    }
}

template <class Mutex>
void work_in_threads(subject& tested) {
    Mutex mutex;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != thread_count; ++i) {
        threads.emplace_back([&, i] { work(tested.memory(), seed() + i, mutex, wrong); });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    BOOST_TEST(wrong == 0, "STRATA_TEST_SEED=" << seed() << ": " << wrong << " bad blocks");
}

// Legitimate for any resource: no alarm is raised, and the upstream is never entered twice.
void threads_under_a_lock(const recipe& of) {
    subject tested{of};
    work_in_threads<std::mutex>(tested);
}

void threads_at_will(const recipe& of) {
    subject tested{of};
    tested.upstream.allow_threads();
    work_in_threads<no_mutex>(tested);
}

}  // namespace

std::vector<check> thread_checks() {
    return {
        {"threads_under_a_lock", threads_under_a_lock},
        {"threads_at_will", threads_at_will, [](const recipe& of) { return of.is_concurrent; }},
    };
}

}  // namespace conformance
