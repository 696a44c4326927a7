#include <algorithm>
#include <cstddef>
#include <iostream>
#include <memory_resource>
#include <utility>
#include <vector>

#include <strata/strata.hpp>

using namespace strata::literals;

struct particle {
    float depth;
};

// The particles to draw, farthest first.
std::pmr::vector<std::size_t> visible(const std::pmr::vector<particle>& particles,
                                      strata::arena_resource& memory) {
    std::pmr::vector<std::size_t> drawn{&memory};
    drawn.reserve(particles.size());  // from here on, the arena is for scratch

    const strata::arena_scope scratch{memory};
    std::pmr::vector<std::pair<float, std::size_t>> by_depth{&memory};
    by_depth.reserve(particles.size());
    for (std::size_t i = 0; i != particles.size(); ++i) {
        if (particles[i].depth < 50) {
            by_depth.emplace_back(-particles[i].depth, i);
        }
    }
    std::ranges::sort(by_depth);
    for (const auto& [depth, index] : by_depth) {
        drawn.push_back(index);
    }
    return drawn;
}

std::size_t play(std::size_t level, strata::arena_resource& memory) {
    std::pmr::vector<particle> particles(1000 * level, &memory);
    for (std::size_t i = 0; i != particles.size(); ++i) {
        particles[i].depth = static_cast<float>(i * 37 % 100);
    }
    std::size_t drawn = 0;
    for (int frame = 0; frame != 60; ++frame) {
        const strata::arena_scope whole_frame{memory};
        drawn += visible(particles, memory).size();
    }
    return drawn;
}

int main() {
    strata::stack memory{strata::arena{.first_chunk = 128_KiB}, strata::stats{}};
    auto& arena = memory.get<strata::arena>();
    for (std::size_t level = 1; level != 4; ++level) {
        const strata::arena_mark before = arena.mark();
        std::cout << "level " << level << ": " << play(level, arena) << " particles drawn, "
                  << arena.usage().used_bytes.value() << " B of the arena used\n";
        arena.rewind(before);
    }
    std::cout << strata::describe(memory);
}
