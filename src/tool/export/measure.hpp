// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_MEASURE_HPP
#define STRATA_TOOL_EXPORT_MEASURE_HPP

#include <array>
#include <cstdint>

#include "tool/trace/trace_summary.hpp"

namespace strata::tool::exporting {

/// A figure of a call stack.
struct measure {
    const char* word;  ///< of `--what`
    const char* title;
    bool is_of_bytes;
    std::uint64_t (*of)(const trace::site_share& site);
};

inline constexpr std::array measures{
    measure{"bytes", "bytes allocated", true,
            [](const trace::site_share& site) { return site.allocated.bytes; }},
    measure{"blocks", "blocks allocated", false,
            [](const trace::site_share& site) { return site.allocated.blocks; }},
    measure{"live-at-peak", "bytes live at the peak", true,
            [](const trace::site_share& site) { return site.at_peak.bytes; }},
    measure{"leaked", "bytes not freed", true,
            [](const trace::site_share& site) { return site.live.bytes; }},
};

}  // namespace strata::tool::exporting

#endif
