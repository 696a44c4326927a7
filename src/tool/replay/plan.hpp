// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_PLAN_HPP
#define STRATA_TOOL_REPLAY_PLAN_HPP

#include <cstdint>
#include <type_traits>

// The file that `strata replay` makes of a trace, once, and that the program `strata_replay` plays
// in a process of its own for each strategy and round. Both come from one build, so the file has
// the structures as they are in memory.
//
// It is a head, and then windows. A window has some steps of each thread that has any. All threads
// begin a window together, and end it before the next. So no thread gets ahead of the recorded
// order by more than a window. Within a window, a step that needs a step of another thread waits.
namespace strata::tool::replay {

/// Where a block is, while it is live. Numbers are used again.
using slot_number = std::uint32_t;

enum class action : std::uint8_t {
    allocate,
    deallocate,
    reallocate,  ///< to the size
    wait         ///< until the thread of section `slot` has done `size` steps of this window
};

/// How a block is allocated.
enum class manner : std::uint8_t { plain, zeroed, aligned };

struct step {
    std::uint64_t size : 48 = 0;
    std::uint64_t alignment_exponent : 16 = 0;
    slot_number slot = 0;
    action what = action::wait;
    manner how = manner::plain;
    bool is_awaited = false;  ///< by a step of another thread
};
static_assert(sizeof(step) == 16 && std::is_trivially_copyable_v<step>);

/// The steps of one thread in a window.
struct section {
    std::uint32_t thread;  ///< from 0, the first thread of the trace
    std::uint32_t begin;   ///< its first step, among those of the window
    std::uint32_t steps;
    std::uint32_t is_last;  ///< the thread ends here
};

struct window_head {
    std::uint32_t sections;
    std::uint32_t steps;
};

struct plan_head {
    std::uint64_t windows;
    std::uint64_t slots;
    std::uint64_t threads;
    std::uint64_t most_sections;  ///< of a window
    std::uint64_t most_steps;     ///< of a window
    std::uint64_t most_bytes;     ///< that are live at any moment
};

}  // namespace strata::tool::replay

#endif
