// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_RECORDING_COST_HPP
#define STRATA_TOOL_REPLAY_RECORDING_COST_HPP

namespace strata::tool::replay {

/// How long it takes here to record an event without its call stack: nanoseconds, measured once, on
/// a temporary file. 0 if there can be none.
[[nodiscard]] double recording_cost();

}  // namespace strata::tool::replay

#endif
