// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_FIND_PAUSE_HPP
#define STRATA_TOOL_REPLAY_FIND_PAUSE_HPP

#include <cstdint>
#include <functional>

#include "tool/replay/planner.hpp"

namespace strata::tool::replay {

/// At most so many turns, about 1 us. After that threads seldom meet in an allocator, and the
/// replay of a program that waits for its users would take as long as they do.
inline constexpr std::uint64_t longest_pause = 1000;

/// How long a replay takes with a pause, in nanoseconds.
struct play_times {
    std::function<double(std::uint64_t pause)> on_heap;
    std::function<double(std::uint64_t pause)> driver_alone;
};

/// The pause with which the replay on the heap takes as long as the recorded program did. 0 if
/// hardly any threads make calls at the same time.
///
/// Without the program's work between their calls, threads meet in the heap far more often than in
/// the program. With one pause for all calls, they meet as often as in the program on the average.
/// All pauses together take at most ten times as long as the calls.
///
/// Complexity: at most 7 plays.
[[nodiscard]] std::uint64_t find_pause(const plan& plays, double recorded_nanoseconds,
                                       const play_times& takes);

}  // namespace strata::tool::replay

#endif
