// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "workloads/special.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "report.hpp"
#include "workloads/arena_loops.hpp"
#include "workloads/pool_loops.hpp"

namespace bench {
namespace {

// Ticks of a clock that waits for what comes before it and lets nothing after it begin early.
std::uint64_t ticks() {
#if defined(__x86_64__)
    _mm_lfence();
    const std::uint64_t now = __rdtsc();
    _mm_lfence();
    return now;
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

double nanoseconds_a_tick() {
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t first = ticks();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds{20}) {
    }
    const std::uint64_t last = ticks();
    const std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - begin;
    return passed.count() / static_cast<double>(last - first);
}

constexpr std::array percentiles{0.5, 0.9, 0.99, 0.999, 0.9999, 1.0};
constexpr std::array names{"p50", "p90", "p99", "p99.9", "p99.99", "worst"};
using distribution = std::array<double, percentiles.size()>;

// One kind of call. All rounds make the same calls in the same order, and the least time of each is
// kept: what happens in every round is the allocator's doing, and what does not is the system's.
class calls {
public:
    void add(const std::vector<std::uint32_t>& round) {
        least_.resize(round.size(), 0xFFFFFFFF);
        for (std::size_t i = 0; i != round.size(); ++i) {
            least_[i] = std::min(least_[i], round[i]);
        }
    }
    [[nodiscard]] bool empty() const { return least_.empty(); }
    [[nodiscard]] distribution in_order() const {
        std::vector<std::uint32_t> sorted = least_;
        std::ranges::sort(sorted);
        distribution made{};
        for (std::size_t i = 0; i != made.size(); ++i) {
            made[i] = sorted[static_cast<std::size_t>(percentiles[i] *
                                                      static_cast<double>(sorted.size() - 1))];
        }
        return made;
    }

private:
    std::vector<std::uint32_t> least_;
};

struct sample {
    calls allocate;
    calls deallocate;
};

template <class Call>
void time_one(std::vector<std::uint32_t>& into, Call call) {
    const std::uint64_t begin = ticks();
    call();
    into.push_back(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(ticks() - begin, 0xFFFFFFFF)));
}

void pool_calls(memory* from, const churn& plan, sample& into) {
    struct held {
        void* block;
        std::size_t bytes;
    };
    std::vector<held> slots;
    std::vector<std::uint32_t> taking;
    std::vector<std::uint32_t> giving;
    taking.reserve(plan.changes.size());
    giving.reserve(plan.changes.size());
    for (const std::uint32_t bytes : plan.first_sizes) {
        slots.push_back({from->allocate(bytes, usual_alignment), bytes});
        touch(slots.back().block);
    }
    for (const change& next : plan.changes) {
        held& slot = slots[next.slot];
        time_one(giving, [&] { from->deallocate(slot.block, slot.bytes, usual_alignment); });
        slot.bytes = next.bytes;
        time_one(taking, [&] { slot.block = from->allocate(next.bytes, usual_alignment); });
        touch(slot.block);
    }
    for (const held& slot : slots) {
        from->deallocate(slot.block, slot.bytes, usual_alignment);
    }
    into.allocate.add(taking);
    into.deallocate.add(giving);
}

void arena_calls(instance& made, memory* from, std::size_t count, sample& into) {
    std::vector<std::uint32_t> taking;
    taking.reserve(count);
    batch_source source{alignments::usual};
    while (taking.size() + batch_blocks <= count) {
        const request* const batch = source.next();
        for (std::size_t i = 0; i != batch_blocks; ++i) {
            void* block = nullptr;
            time_one(taking, [&] { block = from->allocate(batch[i].bytes, usual_alignment); });
            touch(block);
        }
        made.reset();
    }
    into.allocate.add(taking);
}

}  // namespace

void measure_latency(results& into, const effort& with, bool print) {
    const int rounds = with.quick ? 3 : 7;
    const std::size_t count = with.quick ? 100'000 : 300'000;
    const churn plan = churn_of(1000, count, 256);
    const double tick = nanoseconds_a_tick();
    std::map<std::string, sample> samples;
    sample nothing;
    std::vector<const contender*> taking_part;
    for (const contender& one : the_field().contenders()) {
        const bool alike = one.id == "foonathan.pool" || one.id == "minimal.own_list" ||
                           one.id.ends_with("new_delete") || one.id == "strata.heap" ||
                           one.id == "strata.synchronized";
        if (!alike) {
            taking_part.push_back(&one);
        }
    }
    std::mt19937 random{1};
    for (int round = 0; round != rounds; ++round) {
        std::ranges::shuffle(taking_part, random);
        for (const contender* one : taking_part) {
            const auto made = one->make(nullptr);
            memory* const from = hidden(made->get());
            if (one->kind == shape::arena) {
                arena_calls(*made, from, count, samples[one->id]);
            } else {
                pool_calls(from, plan, samples[one->id]);
            }
        }
        std::vector<std::uint32_t> empty;
        for (std::size_t i = 0; i != count; ++i) {
            time_one(empty, [] {});
        }
        nothing.allocate.add(empty);
    }
    const auto print_line = [&](const std::string& label, const std::string& id, const sample& of) {
        std::string line = padded(label, 31);
        const auto add = [&](const calls& from, const char* call,
                             std::initializer_list<std::size_t> which) {
            const distribution all = from.in_order();
            for (std::size_t i = 0; i != all.size(); ++i) {
                into.numbers["latency/" + id + "/" + call + "/" + names[i]] = all[i] * tick;
            }
            for (const std::size_t i : which) {
                char text[16];
                std::snprintf(text, sizeof text, "%.0f", all[i] * tick);
                line += padded(text, i + 1 == all.size() ? 8 : 7, true);
            }
        };
        add(of.allocate, "allocate", {0, 1, 2, 3, 4, 5});
        if (!of.deallocate.empty()) {
            line += "  ";
            add(of.deallocate, "deallocate", {0, 2, 4, 5});
        }
        if (print) {
            std::printf("%s\n", line.c_str());
        }
    };
    if (print) {
        std::printf("\n== latency: ns of single calls, on a resource just made, the clock "
                    "included; of each call its\n   best round, so that what the system does in "
                    "between is left out\n\n%s%s\n%s",
                    padded("", 31).c_str(),
                    "  allocate                                     deallocate",
                    padded("", 31).c_str());
        for (const char* name : names) {
            std::printf("%*s", name == names.back() ? 8 : 7, name);
        }
        std::printf("  %7s%7s%7s%8s\n", "p50", "p99", "p99.99", "worst");
    }
    for (const contender& one : the_field().contenders()) {
        if (const auto found = samples.find(one.id); found != samples.end()) {
            print_line(one.label, one.id, found->second);
        }
    }
    print_line("the clock alone", "clock", nothing);
}

}  // namespace bench
