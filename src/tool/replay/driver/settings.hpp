// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_SETTINGS_HPP
#define STRATA_TOOL_REPLAY_DRIVER_SETTINGS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>

// What `strata replay` asks of a process of `strata_replay`, as arguments in this order:
// the file descriptor of the plan, the server, what is touched, work, pause, aged,
// watches, the strategy.
namespace strata::tool::replay {

/// Who serves the blocks.
enum class server : std::uint8_t {
    malloc_family,      ///< of the process, which a preloaded library may have replaced
    resource,           ///< a strategy, called directly
    standard_pool,      ///< the pool of the standard library for one thread,
    synchronized_pool,  ///< or the one for many, called directly
    nothing             ///< addresses in a small buffer: what is left is the driver's own cost
};

/// What is written of a block that was allocated.
enum class touch : std::uint8_t { none, first, line, all };

struct settings {
    touch touches = touch::line;
    std::uint64_t work = 0;   ///< so many other cache lines are read between two steps
    std::uint64_t pause = 0;  ///< so many turns of a loop are done between two steps
    bool aged = false;        ///< the replay begins on a heap in which earlier work left holes
    /// Times each call, and asks for the size of each block: not in the rounds that are timed.
    bool watches = false;
    /// Counts what a strategy draws from its last layer. No argument: the strategy's text says it.
    bool counts = false;
};

/// More than any memory has, so that doubling it does not wrap: a broken trace may tell of more.
inline constexpr std::uint64_t most_bytes_that_can_be_live = std::uint64_t{1} << 60;

/// How much the earlier work on an aged heap takes before it frees three quarters of that, if
/// the trace has at most so many bytes live.
[[nodiscard]] constexpr std::uint64_t bytes_of_litter(std::uint64_t most_live) noexcept {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    return std::clamp(2 * std::min(most_live, most_bytes_that_can_be_live), 16 * mebibyte,
                      1024 * mebibyte);
}

/// The statuses of `strata_replay` beyond 0.
inline constexpr int status_failed = 3;

}  // namespace strata::tool::replay

#endif
