// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_OUTCOME_HPP
#define STRATA_TOOL_REPLAY_OUTCOME_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tool/replay/contender.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/replay/planner.hpp"

namespace strata::tool::replay {

/// What a process of `strata_replay` told of itself.
struct outcome {
    std::map<std::string, std::int64_t, std::less<>> figures;
    std::string problem;  ///< why there are no figures; empty if there are

    /// Null if the process did not tell it.
    [[nodiscard]] std::optional<std::int64_t> of(std::string_view name) const {
        const auto found = figures.find(name);
        return found == figures.end() ? std::nullopt : std::optional{found->second};
    }
};

/// Plays the plan once, in a process of its own.
[[nodiscard]] outcome play_once(const plan& plays, const contender& who, const settings& asked);

}  // namespace strata::tool::replay

#endif
