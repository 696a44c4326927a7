// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_BENCHMARKS_WORKLOADS_THREAD_TEAM_HPP
#define STRATA_BENCHMARKS_WORKLOADS_THREAD_TEAM_HPP

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "contenders/contender.hpp"
#include "workloads/pool_loops.hpp"

namespace bench {

/// A barrier that is quick where there are cores for all, and gives way where there are not.
class barrier {
public:
    explicit barrier(std::size_t threads) : threads_{threads} {}

    void wait() {
        const std::size_t turn = turn_.load();
        if (arrived_.fetch_add(1) + 1 == threads_) {
            arrived_ = 0;
            turn_.fetch_add(1);
            return;
        }
        for (unsigned spins = 0; turn_.load() == turn; ++spins) {
            if (spins > 200) {
                std::this_thread::yield();
            }
        }
    }

private:
    std::size_t threads_;
    std::atomic<std::size_t> arrived_ = 0;
    std::atomic<std::size_t> turn_ = 0;
};

/// Runs `before(t)` and `work(t)` on so many threads. Returns how many seconds passed from the
/// moment when all were ready to work until the last one was done.
template <class Before, class Work, class After>
[[nodiscard]] double seconds_of_team(std::size_t threads, Before before, Work work, After after) {
    using clock = std::chrono::steady_clock;
    barrier ready{threads};
    std::vector<clock::time_point> begun(threads);
    std::vector<clock::time_point> done(threads);
    const auto one = [&](std::size_t number) {
        before(number);
        ready.wait();
        begun[number] = clock::now();
        work(number);
        done[number] = clock::now();
        ready.wait();
        after(number);
    };
    std::vector<std::thread> team;
    for (std::size_t number = 1; number != threads; ++number) {
        team.emplace_back(one, number);
    }
    // Thread 0 is one of its own, too, so that all are new to the resource.
    std::thread{one, 0}.join();
    for (std::thread& member : team) {
        member.join();
    }
    return std::chrono::duration<double>(std::ranges::max(done) - std::ranges::min(begun)).count();
}

/// The cores that a team can use.
[[nodiscard]] inline double cores_for(std::size_t threads) {
    return static_cast<double>(
        std::min<std::size_t>(threads, std::max(1U, std::thread::hardware_concurrency())));
}

/// The blocks of one thread, each of which is now and then replaced by one of another size.
class slots {
public:
    void fill(memory* from, const churn& plan);
    /// Makes `count` of the plan's changes, from number `begin` on.
    void replace(memory* from, const churn& plan, std::size_t begin, std::size_t count);
    void empty(memory* from);

private:
    struct held {
        void* block;
        std::size_t bytes;
    };
    std::vector<held> held_;
};

constexpr std::size_t slots_a_thread = 1000;

/// What all threads do, each beginning somewhere else in it.
[[nodiscard]] const churn& thread_plan();

/// Each thread has its own blocks; `total` replacements are shared out among them.
void own_blocks(benchmark::State& state, memory* from, const churn& plan, std::size_t threads,
                std::size_t total);
/// The same with the plan of all threads.
void own_blocks(benchmark::State& state, memory* from, std::size_t threads, std::size_t total);

}  // namespace bench

#endif
