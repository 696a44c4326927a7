// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_FLAME_CHART_HPP
#define STRATA_TOOL_REPORT_FLAME_CHART_HPP

#include <string>

#include "tool/report/flame_tree.hpp"

namespace strata::tool::report {

/// A picture for each measure, with the outermost calls in the first row. The script of the page
/// shows one at a time, and zooms and searches in it.
[[nodiscard]] std::string flame_charts(const flame_tree& tree);

}  // namespace strata::tool::report

#endif
