// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/thread_team.hpp"

#include <array>
#include <memory>

namespace bench {
namespace {

constexpr std::size_t total = 200'000;

// From one thread to one other. Each side looks at the other's position only when it must.
class ring {
public:
    explicit ring(std::size_t capacity) : places_(capacity) {}

    void put(void* block) {
        while (written_ - seen_read_ == places_.size()) {
            seen_read_ = read_.load(std::memory_order_acquire);
            if (written_ - seen_read_ == places_.size()) {
                std::this_thread::yield();
            }
        }
        places_[written_ % places_.size()] = block;
        ++written_;
        shown_.store(written_, std::memory_order_release);
    }
    void* get() {
        while (taken_ == seen_shown_) {
            seen_shown_ = shown_.load(std::memory_order_acquire);
            if (taken_ == seen_shown_) {
                std::this_thread::yield();
            }
        }
        void* const block = places_[taken_ % places_.size()];
        ++taken_;
        read_.store(taken_, std::memory_order_release);
        return block;
    }

private:
    std::vector<void*> places_;
    alignas(128) std::atomic<std::size_t> shown_ = 0;
    alignas(128) std::atomic<std::size_t> read_ = 0;
    alignas(128) std::size_t written_ = 0;
    std::size_t seen_read_ = 0;
    alignas(128) std::size_t taken_ = 0;
    std::size_t seen_shown_ = 0;
};

void producer_consumer(benchmark::State& state, memory* from, std::size_t in_flight) {
    for (auto _ : state) {
        ring between{in_flight};
        state.SetIterationTime(seconds_of_team(
            2, [](std::size_t) {},
            [&](std::size_t number) {
                for (std::size_t i = 0; i != total; ++i) {
                    if (number == 0) {
                        void* const block = from->allocate(node, usual_alignment);
                        touch(block);
                        between.put(block);
                    } else {
                        from->deallocate(between.get(), node, usual_alignment);
                    }
                }
            },
            [](std::size_t) {}));
    }
}

// All blocks are taken, then all are freed by the other thread, and the other way round.
void all_at_once(benchmark::State& state, memory* from, std::size_t blocks) {
    for (auto _ : state) {
        std::array<std::vector<void*>, 2> sides{std::vector<void*>(blocks),
                                                std::vector<void*>(blocks)};
        barrier turn{2};
        state.SetIterationTime(seconds_of_team(
            2, [](std::size_t) {},
            [&](std::size_t number) {
                for (void*& block : sides[number]) {
                    block = from->allocate(node, usual_alignment);
                    touch(block);
                }
                turn.wait();
                for (void* const block : sides[1 - number]) {
                    from->deallocate(block, node, usual_alignment);
                }
            },
            [](std::size_t) {}));
    }
}

void hand_over(benchmark::State& state, memory* from, std::size_t threads) {
    constexpr std::size_t phases = 20;
    const churn& plan = thread_plan();
    const std::size_t share = total / threads / phases;
    for (auto _ : state) {
        std::vector<slots> blocks(threads);
        barrier next{threads};
        state.SetIterationTime(seconds_of_team(
            threads, [&](std::size_t number) { blocks[number].fill(from, plan); },
            [&](std::size_t number) {
                for (std::size_t phase = 0; phase != phases; ++phase) {
                    blocks[(number + phase) % threads].replace(
                        from, plan, number * 1009 + phase * share, share);
                    next.wait();
                }
            },
            [&](std::size_t number) { blocks[number].empty(from); }));
    }
}

// A thread takes over what one before it left, works a little, and ends.
void come_and_go(benchmark::State& state, memory* from) {
    constexpr std::size_t generations = 20;
    constexpr std::size_t lines = 2;
    const churn& plan = thread_plan();
    const std::size_t share = total / lines / generations;
    for (auto _ : state) {
        std::array<slots, lines> blocks;
        state.SetIterationTime(seconds_of_team(
            lines, [&](std::size_t number) { blocks[number].fill(from, plan); },
            [&](std::size_t number) {
                for (std::size_t i = 0; i != generations; ++i) {
                    std::thread{[&] {
                        blocks[number].replace(from, plan, i * share, share);
                    }}.join();
                }
            },
            [&](std::size_t number) { blocks[number].empty(from); }));
    }
}

template <class Body>
workload on_all(std::string id, std::string column, std::string text, double operations,
                Body body) {
    const bool own = id.starts_with("threads/own");
    workload made{.id = std::move(id),
                  .group = own ? "threads, own blocks" : "threads, blocks freed by another",
                  .column = std::move(column),
                  .text = std::move(text),
                  .baseline = "std.synchronized",
                  .operations = operations,
                  .own_clock = true,
                  .entries = {}};
    for (const contender& one : the_field().contenders()) {
        const bool alike =
            one.id.find("new_delete") != std::string::npos || one.id == "strata.heap";
        // It has lists for each thread: a block freed by another thread is lost.
        const bool astray = one.id == "minimal.own_list" && !own;
        if (one.threads && !alike && !astray) {
            made.entries.push_back(entry_for(one, [body](benchmark::State& state, instance&,
                                                         memory* from) { body(state, from); }));
        }
    }
    return made;
}

}  // namespace

void add_thread_workloads(std::vector<workload>& all) {
    for (const std::size_t threads : {1, 2, 4, 8, 16}) {
        const std::string count = std::to_string(threads);
        all.push_back(on_all("threads/own/" + count, count,
                             "threads that each have 1,000 blocks of 8 to 256 B of which one drawn "
                             "at random is freed and another taken: " +
                                 count +
                                 ". An operation is a replacement; the time is that of all "
                                 "operations a core",
                             static_cast<double>(total) / cores_for(threads),
                             [threads](benchmark::State& state, memory* from) {
                                 own_blocks(state, from, threads, total);
                             }));
    }
    struct buffers {
        const char* id;
        const char* column;
        const char* text;
        std::size_t live;
        std::uint32_t largest;
    };
    for (const buffers& each :
         {buffers{"threads/own/buffers", "to 64 KiB",
                  "two threads that each have 2,000 blocks of 256 B to 64 KiB, small ones more "
                  "often, of which one drawn at random is freed and another taken",
                  2000, 64 << 10},
          buffers{"threads/own/large-buffers", "to 1 MiB",
                  "the same with 500 blocks of 256 B to 1 MiB", 500, 1 << 20}}) {
        const auto plan = std::make_shared<const churn>(
            buffer_churn_of(each.live, total / 2, each.largest));
        all.push_back(on_all(each.id, each.column, each.text,
                             static_cast<double>(total) / cores_for(2),
                             [plan](benchmark::State& state, memory* from) {
                                 own_blocks(state, from, *plan, 2, total);
                             }));
    }
    all.push_back(on_all(
        "threads/producer/few", "few",
        "one thread takes blocks of 64 B and hands them through a queue of 256 "
        "places to another, which frees them",
        total, [](benchmark::State& state, memory* from) { producer_consumer(state, from, 256); }));
    all.push_back(on_all(
        "threads/producer/many", "many", "the same with a queue of 65,536 places", total,
        [](benchmark::State& state, memory* from) { producer_consumer(state, from, 65536); }));
    all.push_back(on_all("threads/exchange", "exchange",
                         "two threads each take 50,000 blocks of 64 B, then each frees the other's",
                         100'000 / cores_for(2), [](benchmark::State& state, memory* from) {
                             all_at_once(state, from, 50'000);
                         }));
    for (const std::size_t threads : {2, 4}) {
        const std::string count = std::to_string(threads);
        all.push_back(on_all(
            "threads/hand-over/" + count, "hand " + count,
            "as own blocks on " + count +
                " threads, which pass their blocks on in turn: 20 times in all",
            static_cast<double>(total) / cores_for(threads),
            [threads](benchmark::State& state, memory* from) { hand_over(state, from, threads); }));
    }
    all.push_back(
        on_all("threads/come-and-go", "come, go",
               "two lines of blocks, each handed from one short-lived thread to the next, "
               "20 times; making and ending the threads is measured",
               static_cast<double>(total) / cores_for(2), come_and_go));
}

}  // namespace bench
