// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
//
// What `debug` costs over a pool: time as a multiple of the pool's own in the same round, the
// median of all rounds, and what a block takes of the upstream beyond its own bytes. Single times
// mean nothing on a machine that does other things.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory_resource>
#include <utility>
#include <vector>

#include <strata/strata.hpp>

namespace {

constexpr std::size_t live = 256;
constexpr std::size_t block_bytes = 64;

// Nanoseconds a pair of calls, with some blocks live.
double time_of(std::pmr::memory_resource& memory) {
    using clock = std::chrono::steady_clock;
    constexpr std::size_t pairs = 20'000;
    std::array<void*, live> blocks{};
    std::ranges::generate(blocks, [&] { return memory.allocate(block_bytes); });
    const auto start = clock::now();
    for (std::size_t i = 0; i != pairs; ++i) {
        void*& block = blocks[i * 7919 % live];
        memory.deallocate(block, block_bytes);
        block = memory.allocate(block_bytes);
    }
    const std::chrono::duration<double, std::nano> taken = clock::now() - start;
    for (void* block : blocks) {
        memory.deallocate(block, block_bytes);
    }
    return taken.count() / pairs;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::size_t bytes_a_block(const strata::debug& options) {
    strata::debug_resource memory{options, strata::system_heap()};
    void* block = memory.allocate(block_bytes);
    const std::size_t held = memory.usage().reserved_bytes.value();
    memory.deallocate(block, block_bytes);
    return held - block_bytes;
}

}  // namespace

int main() {
    const std::array variants{
        std::pair{"debug", strata::debug{}},
        std::pair{"debug(stack_depth=0)", strata::debug{.stack_depth = 0}},
        std::pair{"debug(stack_depth=32)", strata::debug{.stack_depth = 32}},
        std::pair{"debug(quarantine=0)", strata::debug{.quarantine = 0}},
        std::pair{"debug(fence=0, quarantine=0, stack_depth=0)",
                  strata::debug{.fence = 0, .quarantine = 0, .stack_depth = 0}},
        std::pair{"debug(guard=ends)", strata::debug{.guard = strata::guard_page::ends}},
    };
    std::printf("a pair of calls, 64 B, %zu blocks live  %10s %10s %12s\n", live, "ns", "x pool",
                "B a block");
    for (const auto& [name, options] : variants) {
        std::vector<double> times;
        std::vector<double> ratios;
        for (int round = 0; round != 21; ++round) {
            strata::pool_resource pool{strata::system_heap()};
            const double alone = time_of(pool);
            strata::debug_resource memory{options, &pool};
            times.push_back(time_of(memory));
            ratios.push_back(times.back() / alone);
        }
        // Between guard pages the block is in pages from the system.
        std::printf("%-39s %10.0f %10.0f %12zu\n", name, median(times), median(ratios),
                    bytes_a_block(options));
    }
}
