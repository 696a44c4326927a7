// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_PAUSE_HPP
#define STRATA_TOOL_REPLAY_PAUSE_HPP

#include <cstdint>

#include "tool/replay/driver/settings.hpp"
#include "tool/replay/planner.hpp"

namespace strata::tool::replay {

/// The pause between two calls with which the threads of a trace meet as often as in the program:
/// see `find_pause`. It plays the trace, otherwise as asked, in processes of their own.
/// Errors: 0 if a play fails. The rounds will say why.
[[nodiscard]] std::uint64_t pause_as_in_program(const plan& plays, double recorded_nanoseconds,
                                                const settings& asked);

}  // namespace strata::tool::replay

#endif
