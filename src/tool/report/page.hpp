// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_PAGE_HPP
#define STRATA_TOOL_REPORT_PAGE_HPP

#include <optional>
#include <string>
#include <vector>

#include "tool/advise/findings.hpp"
#include "tool/report/flame_tree.hpp"
#include "tool/report/placement.hpp"
#include "tool/report/recommendation.hpp"
#include "tool/report/timeline.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/site_groups.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::report {

/// What a page tells. `groups` refer to the call sites of the trace.
struct contents {
    std::string file;
    trace::trace_info info;
    trace::trace_summary sums;
    timeline live;
    std::vector<trace::site_group> groups;
    std::vector<advise::finding> findings;
    flame_tree tree;
    std::optional<recommendation> advice;
    std::vector<placement> at_peak;
};

/// The trace is not of a whole program.
[[nodiscard]] bool is_of_resources(const contents& of);

/// The page, whole: style, script and data are in it, and it loads nothing.
[[nodiscard]] std::string page_of(const contents& of);

}  // namespace strata::tool::report

#endif
