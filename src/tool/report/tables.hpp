// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_TABLES_HPP
#define STRATA_TOOL_REPORT_TABLES_HPP

#include <array>
#include <string>
#include <vector>

#include "tool/trace/histogram.hpp"
#include "tool/trace/site_groups.hpp"
#include "tool/trace/trace_summary.hpp"

// The tables of the page. A column of bars is a picture of what the others tell.
namespace strata::tool::report {

/// Rows by powers of two, with a bar of two parts.
[[nodiscard]] std::string histogram_table(const std::string& caption, const std::string& from,
                                          const trace::histogram& first,
                                          const trace::histogram& second);

/// What forms, resources or phases allocated.
[[nodiscard]] std::string shares_table(const std::string& caption, const std::string& of,
                                       const std::vector<trace::share>& all);

/// The call sites that are among the largest by one of their figures.
[[nodiscard]] std::string call_sites_table(const std::vector<trace::site_group>& groups);

}  // namespace strata::tool::report

#endif
