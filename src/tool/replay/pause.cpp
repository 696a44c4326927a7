// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/replay/pause.hpp"

#include <optional>

#include "tool/replay/contender.hpp"
#include "tool/replay/find_pause.hpp"
#include "tool/replay/outcome.hpp"

namespace strata::tool::replay {

std::uint64_t pause_as_in_program(const plan& plays, double recorded_nanoseconds,
                                  const settings& asked) {
    bool failed = false;
    const auto takes = [&](const contender& by) {
        return [&, by](std::uint64_t pause) -> double {
            settings with = asked;
            with.pause = pause;
            const auto took = play_once(plays, by, with).of("nanoseconds");
            failed = failed || !took;
            return static_cast<double>(took.value_or(0));
        };
    };
    const std::uint64_t found = find_pause(
        plays, recorded_nanoseconds,
        {.on_heap = takes(system_malloc(plays.is_of_resources)), .driver_alone = takes(nobody())});
    return failed ? 0 : found;
}

}  // namespace strata::tool::replay
