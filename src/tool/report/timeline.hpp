// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_TIMELINE_HPP
#define STRATA_TOOL_REPORT_TIMELINE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tool/trace/number_map.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::report {

/// By what live bytes are divided.
enum class dimension : std::uint8_t { size_class, resource, thread, phase };
inline constexpr std::array dimensions{dimension::size_class, dimension::resource,
                                       dimension::thread, dimension::phase};

/// The live bytes of a program over time, as points at equal distances. A point tells of the moment
/// within its part of the time at which the most bytes were live: so the peak of the program is
/// that of the points, and the parts of a point add up to its whole.
///
///     timeline live;
///     sums.observe([&](const trace::live_change& each) { live.add(each); });
///     ...
///     live.finish(sums.microseconds);
///
/// Overhead: the number of points is bounded, however long the trace: when there are too many, each
/// two become one. So is that of the series: what comes after many of them is one series.
class timeline {
public:
    static constexpr std::size_t most_points = 512;
    static constexpr std::size_t most_series = 1000;
    static constexpr std::uint64_t later_keys = 0xFFFF'FFFF'FFFF;  ///< of the series of all others

    /// What belongs to one resource, thread, phase, or bucket of `trace::histogram`.
    struct series {
        std::uint64_t key = 0;
        std::vector<std::uint64_t> bytes;  ///< a number for each point
    };

    void add(const trace::live_change& next);
    /// Ends the last point.
    void finish(std::uint64_t microseconds);

    /// How long the time of a point is.
    [[nodiscard]] std::uint64_t microseconds_a_point() const noexcept { return width_; }
    [[nodiscard]] const std::vector<std::uint64_t>& whole() const noexcept { return whole_; }
    /// In the order in which they began.
    [[nodiscard]] std::vector<series> by(dimension of) const;

private:
    // `at_most` is what was live at the moment number `moment`.
    struct track {
        std::uint64_t key = 0;
        std::uint64_t live = 0;
        std::uint64_t at_most = 0;
        std::uint64_t moment = 0;
        std::vector<std::uint64_t> points;
    };
    struct division {
        trace::number_map<std::uint32_t> places;
        std::vector<track> tracks;
    };

    void advance_to(std::uint64_t microseconds);
    void change(division& of, std::uint64_t key, const trace::live_change& by);
    void close_point();
    void halve();
    [[nodiscard]] division& of(dimension which) noexcept {
        return divisions_[static_cast<std::size_t>(which)];
    }

    std::array<division, dimensions.size()> divisions_;
    std::vector<std::uint64_t> whole_;
    std::uint64_t width_ = 1;
    std::uint64_t live_ = 0;
    std::uint64_t most_ = 0;    // of the point that is not closed yet
    std::uint64_t moment_ = 1;  // counts how often `most_` was set
};

}  // namespace strata::tool::report

#endif
