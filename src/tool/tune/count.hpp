// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_COUNT_HPP
#define STRATA_TOOL_TUNE_COUNT_HPP

#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/tune/forecast.hpp"
#include "tool/tune/race.hpp"

namespace strata::tool::tune {

/// Plays each trace once on a fresh heap, to count what the strategy draws from its source.
[[nodiscard]] counted count(const std::vector<course>& courses, const replay::contender& who,
                            replay::touch touches);

}  // namespace strata::tool::tune

#endif
