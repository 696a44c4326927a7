// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_LIVE_CHARTS_HPP
#define STRATA_TOOL_REPORT_LIVE_CHARTS_HPP

#include <vector>

#include "tool/report/area_chart.hpp"
#include "tool/report/page.hpp"

namespace strata::tool::report {

/// The charts of live bytes over time: by size, and by what else there is more than one of.
[[nodiscard]] std::vector<area_chart> live_charts(const contents& of);

/// What resources allocated, by names that tell which one draws from which.
[[nodiscard]] std::vector<trace::share> named_resources(const trace::trace_summary& sums);

}  // namespace strata::tool::report

#endif
