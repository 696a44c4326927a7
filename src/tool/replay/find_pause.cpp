// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/find_pause.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strata::tool::replay {
namespace {

constexpr std::uint64_t hardly_any = 100;   // one call in so many
constexpr std::uint64_t a_few_turns = 100;  // to see how long one takes
constexpr int most_tries = 4;
constexpr double near_enough = 0.03;  // of the recorded time
// Beside a longer pause, its own noise would be more than what allocators differ by.
constexpr double most_times_of_calls = 10;

std::uint64_t whole(double turns) {
    return static_cast<std::uint64_t>(std::llround(turns));
}

}  // namespace

// From above: where threads meet in the heap, a shorter pause may take as long.
std::uint64_t find_pause(const plan& plays, double recorded_nanoseconds, const play_times& takes) {
    if (plays.beside * hardly_any < plays.steps || recorded_nanoseconds <= 0) {
        return 0;
    }
    const double without = takes.driver_alone(0);
    const double turn = (takes.driver_alone(a_few_turns) - without) / double{a_few_turns};
    if (turn <= 0) {
        return 0;
    }
    const double of_calls = std::max(takes.on_heap(0) - without, 0.0);
    const double longest = std::min(most_times_of_calls * of_calls / turn, double{longest_pause});
    double pause = std::clamp((recorded_nanoseconds - without) / turn, 0.0, longest);
    double best = 0;
    double least_miss = std::numeric_limits<double>::infinity();
    for (int i = 0; i != most_tries; ++i) {
        const double miss = takes.on_heap(whole(pause)) - recorded_nanoseconds;
        if (std::abs(miss) < least_miss) {
            best = pause;
            least_miss = std::abs(miss);
        }
        const double next = std::clamp(pause - miss / turn, 0.0, longest);
        if (least_miss <= near_enough * recorded_nanoseconds || next == pause) {
            break;
        }
        pause = next;
    }
    return whole(best);
}

}  // namespace strata::tool::replay
