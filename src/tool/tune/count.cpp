// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/count.hpp"

#include "tool/replay/outcome.hpp"

namespace strata::tool::tune {

counted count(const std::vector<course>& courses, const replay::contender& who,
              replay::touch touches) {
    counted made{.strategy = who.strategy, .draws = {}, .problem = {}};
    if (replay::counted_at_the_bottom(who.strategy).empty()) {
        return made;
    }
    for (const course& each : courses) {
        if (each.asked.aged) {
            continue;
        }
        const replay::outcome played =
            replay::play_once(*each.plays, who, {.touches = touches, .counts = true});
        const auto peak = played.of("upstream_peak");
        const auto calls = played.of("upstream_calls");
        const auto bytes = played.of("upstream_bytes");
        // If it failed, a race will say how.
        if (!played.problem.empty() || !peak || !calls || !bytes) {
            return {.strategy = who.strategy, .draws = {}, .problem = {}};
        }
        if (played.of("refused").value_or(0) != 0) {
            return {.strategy = who.strategy, .draws = {}, .problem = not_enough_memory};
        }
        made.draws.push_back({.peak = *peak,
                              .calls = *calls,
                              .bytes = *bytes,
                              .resident = played.of("resident").value_or(0)});
    }
    return made;
}

}  // namespace strata::tool::tune
