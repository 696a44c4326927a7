// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "strategies.hpp"

#include <array>
#include <cstddef>

#include <strata/strata.hpp>

namespace example {
namespace {

using namespace strata::literals;
using upstream = std::pmr::memory_resource*;

void plain(upstream heap, const job& work) {
    work(heap);
}

void pool(upstream heap, const job& work) {
    strata::stack memory{strata::pool{}, heap};
    work(&memory);
}

void arena(upstream heap, const job& work) {
    strata::stack memory{strata::arena{.first_chunk = 64_KiB}, heap};
    work(&memory);
}

void stats_pool_arena(upstream heap, const job& work) {
    strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{.first_chunk = 64_KiB},
                         heap};
    work(&memory);
}

constexpr std::size_t buffer_bytes = 256_KiB;

void buffered_arena(upstream heap, const job& work) {
    alignas(std::max_align_t) std::byte buffer[buffer_bytes];
    strata::stack memory{strata::arena{.first_chunk = buffer_bytes, .initial_buffer = buffer},
                         heap};
    work(&memory);
}

void std_monotonic(upstream heap, const job& work) {
    std::pmr::monotonic_buffer_resource memory{64_KiB, heap};
    work(&memory);
}

void std_pool(upstream heap, const job& work) {
    std::pmr::unsynchronized_pool_resource memory{heap};
    work(&memory);
}

}  // namespace

std::span<const strategy> strategies() {
    static const std::array all{
        strategy{"heap", strata::system_heap(), plain},
        strategy{"pool", strata::system_heap(), pool},
        strategy{"arena", strata::system_heap(), arena},
        strategy{"stats > pool > arena", strata::system_heap(), stats_pool_arena},
        strategy{"arena in a 256 KiB buffer", strata::system_heap(), buffered_arena, buffer_bytes},
        strategy{"std new_delete", std::pmr::new_delete_resource(), plain},
        strategy{"std monotonic_buffer", std::pmr::new_delete_resource(), std_monotonic},
        strategy{"std unsynchronized_pool", std::pmr::new_delete_resource(), std_pool},
    };
    return all;
}

const strategy& layered_strategy() {
    return strategies()[3];
}

}  // namespace example
