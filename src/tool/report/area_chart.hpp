// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_AREA_CHART_HPP
#define STRATA_TOOL_REPORT_AREA_CHART_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tool/report/timeline.hpp"

namespace strata::tool::report {

/// One of the areas that lie one on the other.
struct area {
    std::string name;                  ///< for people; not yet for HTML
    std::vector<std::uint64_t> bytes;  ///< a number for each point
};

/// A chart of live bytes over time.
struct area_chart {
    std::string id;     ///< of its elements
    std::string title;  ///< "By thread"
    std::uint64_t microseconds_a_point = 1;
    std::vector<std::uint64_t> whole;
    std::vector<area> areas;  ///< the lowest first; they add up to the whole
};

/// So many areas have a colour of their own; those with the largest peaks have an area, and the
/// others are one together, the last.
inline constexpr std::size_t most_areas = 8;

/// `all` in an order that makes sense to people: of those that are shown, it is kept.
[[nodiscard]] std::vector<area> largest_areas(std::vector<area> all);

/// A `figure` with the picture, its legend and its values as a table. The script of the page finds
/// it by its id, and `json_of` has its numbers.
[[nodiscard]] std::string html_of(const area_chart& chart);
[[nodiscard]] std::string json_of(const area_chart& chart);

}  // namespace strata::tool::report

#endif
