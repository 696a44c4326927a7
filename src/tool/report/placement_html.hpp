// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_PLACEMENT_HTML_HPP
#define STRATA_TOOL_REPORT_PLACEMENT_HTML_HPP

#include <string>

#include "tool/report/placement.hpp"

namespace strata::tool::report {

/// A picture of the chunks: the darker a part of a chunk, the more of it is live.
[[nodiscard]] std::string html_of(const placement& of);

}  // namespace strata::tool::report

#endif
