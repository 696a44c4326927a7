// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_SITE_GROUPS_HPP
#define STRATA_TOOL_TRACE_SITE_GROUPS_HPP

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tool/trace/call_sites.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::trace {

/// The call sites with one innermost function of the program, those of libraries that allocate for
/// it left out.
struct site_group {
    std::string name;
    site_share sums;
    std::vector<shown_call> stack;  ///< of its site with the most bytes, from the named call on
};

/// All groups, the one with the most bytes allocated first. Allocations without a call stack are
/// in none.
[[nodiscard]] std::vector<site_group> site_groups(const call_sites& all,
                                                  const std::map<std::uint32_t, site_share>& sums);

/// The calls of a site, the innermost first, without those of libraries that allocate for it.
[[nodiscard]] std::vector<shown_call> program_calls_of(const call_sites& all, std::uint32_t site);

/// Function, file and line of a call. Without debug information the module is in the place of the
/// file, unless `has_module` is false; without a name, its address there is in that of the
/// function.
[[nodiscard]] std::string text_of(const shown_call& of, bool has_module = true);

}  // namespace strata::tool::trace

#endif
