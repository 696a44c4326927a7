// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/area_chart.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include <strata/detail/text.hpp>

#include "tool/report/html.hpp"

namespace strata::tool::report {
namespace {

constexpr std::size_t table_rows = 24;
constexpr std::uint64_t path_height = 1000;  // units of the picture
constexpr int plot_height = 240;             // pixels

std::uint64_t most_of(const std::vector<std::uint64_t>& bytes) {
    return bytes.empty() ? 0 : *std::ranges::max_element(bytes);
}

std::size_t point_of_peak(const area_chart& chart) {
    return static_cast<std::size_t>(std::ranges::max_element(chart.whole) - chart.whole.begin());
}

std::string moment_text(const area_chart& chart, std::size_t point) {
    return time_text(point * chart.microseconds_a_point);
}

// One point would be no area.
std::size_t last_x(const area_chart& chart) {
    return std::max<std::size_t>(chart.whole.size(), 2) - 1;
}

// From the axis up to the sum of the areas up to this one. The lower ones are drawn over it.
std::string path_of(const std::vector<std::uint64_t>& sums, std::uint64_t most) {
    const auto height_at = [&](std::size_t point) {
        const double part = static_cast<double>(sums[point]) / static_cast<double>(most);
        return path_height - static_cast<std::uint64_t>(part * path_height + 0.5);
    };
    std::string path = "M0 1000";
    for (std::size_t i = 0; i != sums.size(); ++i) {
        path.append("L").append(detail::decimal(i)).append(" ");
        path.append(detail::decimal(height_at(i)));
    }
    if (sums.size() == 1) {
        path.append("H1");
    }
    return path.append("V1000Z");
}

std::string paths_of(const area_chart& chart, std::uint64_t most) {
    std::vector<std::uint64_t> sums(chart.whole.size());
    std::vector<std::string> paths;
    for (std::size_t i = 0; i != chart.areas.size(); ++i) {
        for (std::size_t point = 0; point != sums.size(); ++point) {
            sums[point] += chart.areas[i].bytes[point];
        }
        paths.push_back("<path class=\"c" + detail::decimal(i) + "\" d=\"" + path_of(sums, most) +
                        "\"/>\n");
    }
    return std::accumulate(paths.rbegin(), paths.rend(), std::string{});
}

// Lines at round numbers of bytes, with their numbers.
std::string grid_of(std::uint64_t most) {
    const std::uint64_t step = std::max<std::uint64_t>(std::bit_floor(most / 3), 1);
    std::string all;
    for (std::uint64_t bytes = step; bytes <= most; bytes += step) {
        const double part = static_cast<double>(bytes) / static_cast<double>(most);
        const std::string y = detail::decimal((1 - part) * plot_height, 1);
        all.append("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"" + y + "\" y2=\"" + y +
                   "\"/><text class=\"tick\" x=\"2\" y=\"" + y + "\" dy=\"12\">" +
                   bytes_text(bytes) + "</text>\n");
    }
    return all;
}

// Round moments: 1, 2 or 5 times a power of ten of microseconds.
std::string moments_of(const area_chart& chart) {
    const std::uint64_t whole = last_x(chart) * chart.microseconds_a_point;
    std::uint64_t step = 1;
    for (std::size_t i = 0; whole / step > 5; ++i) {
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    }
    std::string all;
    for (std::uint64_t at = 0; at + step / 2 <= whole; at += step) {
        const double percent = 100.0 * static_cast<double>(at) / static_cast<double>(whole);
        const std::string x = detail::decimal(percent, 2) + "%";
        all.append("<text class=\"tick moment\" x=\"" + x + "\" y=\"256\" dx=\"2\">" +
                   short_time_text(at) + "</text>");
    }
    return all;
}

std::string picture_of(const area_chart& chart, std::uint64_t most) {
    const std::size_t peak = point_of_peak(chart);
    return "<svg class=\"areas\" role=\"img\" aria-labelledby=\"" + chart.id + "-t " + chart.id +
           "-d\" width=\"100%\" height=\"262\">\n<title id=\"" + chart.id +
           "-t\">Live bytes over time, " + html_text(chart.title) + "</title>\n<desc id=\"" +
           chart.id + "-d\">At most " + bytes_text(chart.whole[peak]) + ", after " +
           moment_text(chart, peak) + ". The table below has the values.</desc>\n" +
           "<svg class=\"plot\" width=\"100%\" height=\"240\" viewBox=\"0 0 " +
           detail::decimal(last_x(chart)) + " 1000\" preserveAspectRatio=\"none\">\n" +
           paths_of(chart, most) + "</svg>\n<g class=\"levels\">" + grid_of(most) +
           "</g>\n<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"240\" y2=\"240\"/>\n<g "
           "class=\"moments\">" +
           moments_of(chart) + "</g>\n</svg>\n";
}

std::string legend_of(const area_chart& chart) {
    const std::size_t peak = point_of_peak(chart);
    std::string all = "<p class=\"readout\"><span class=\"moment\">At the peak, after " +
                      moment_text(chart, peak) + "</span>: <b>" + bytes_text(chart.whole[peak]) +
                      "</b></p>\n<ul class=\"legend\">\n";
    for (std::size_t i = chart.areas.size(); i-- != 0;) {
        all.append("<li><span class=\"key c" + detail::decimal(i) + "\"></span>" +
                   html_text(chart.areas[i].name) + " <b>" +
                   bytes_text(chart.areas[i].bytes[peak]) + "</b></li>\n");
    }
    return all.append("</ul>\n");
}

// So many rows that they can be listened to: each has the point with the most of its part.
std::string table_of(const area_chart& chart) {
    std::string all = "<details><summary>Values as a table</summary>\n<div class=\"scroll\" "
                      "tabindex=\"0\" role=\"region\" aria-label=\"Live bytes over time, " +
                      html_text(chart.title) + "\">\n<table>\n<thead><tr><th scope=\"col\">After" +
                      "</th><th scope=\"col\">All</th>";
    for (const area& each : chart.areas) {
        all.append("<th scope=\"col\">" + html_text(each.name) + "</th>");
    }
    all.append("</tr></thead>\n<tbody>\n");
    const std::size_t points = chart.whole.size();
    const std::size_t step = (points + table_rows - 1) / table_rows;
    for (std::size_t begin = 0; begin < points; begin += step) {
        const auto first = chart.whole.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last =
            chart.whole.begin() + static_cast<std::ptrdiff_t>(std::min(begin + step, points));
        const auto point =
            static_cast<std::size_t>(std::max_element(first, last) - chart.whole.begin());
        all.append("<tr><th scope=\"row\">" + moment_text(chart, point) + "</th><td>" +
                   bytes_text(chart.whole[point]) + "</td>");
        for (const area& each : chart.areas) {
            all.append("<td>" + bytes_text(each.bytes[point]) + "</td>");
        }
        all.append("</tr>\n");
    }
    return all.append("</tbody></table></div></details>\n");
}

}  // namespace

std::vector<area> largest_areas(std::vector<area> all) {
    std::erase_if(all, [](const area& each) { return most_of(each.bytes) == 0; });
    if (all.size() <= most_areas) {
        return all;
    }
    std::vector<std::size_t> largest(all.size());
    std::iota(largest.begin(), largest.end(), 0);
    std::ranges::stable_sort(largest, std::greater{},
                             [&](std::size_t at) { return most_of(all[at].bytes); });
    const std::size_t count = all.size() - (most_areas - 1);
    area others{.name = detail::decimal(count) + " others",
                .bytes = std::vector<std::uint64_t>(all.front().bytes.size())};
    for (const std::size_t at : std::span{largest}.last(count)) {
        std::ranges::transform(others.bytes, all[at].bytes, others.bytes.begin(), std::plus{});
    }
    largest.resize(most_areas - 1);
    std::ranges::sort(largest);
    std::vector<area> shown;
    for (const std::size_t at : largest) {
        shown.push_back(std::move(all[at]));
    }
    shown.push_back(std::move(others));
    return shown;
}

std::string html_of(const area_chart& chart) {
    const std::uint64_t most = std::max<std::uint64_t>(most_of(chart.whole), 1);
    return "<figure class=\"time\" id=\"" + chart.id + "\">\n<figcaption><h3>" +
           html_text(chart.title) + "</h3></figcaption>\n" + picture_of(chart, most) +
           legend_of(chart) + table_of(chart) + "</figure>\n";
}

std::string json_of(const area_chart& chart) {
    const auto numbers = [](const std::vector<std::uint64_t>& all) {
        std::string text;
        for (const std::uint64_t each : all) {
            text.append(text.empty() ? "[" : ",").append(detail::decimal(each));
        }
        return text.append("]");
    };
    std::string areas;
    for (const area& each : chart.areas) {
        areas.append(areas.empty() ? "" : ",").append(numbers(each.bytes));
    }
    return "{\"id\":\"" + chart.id + "\",\"width\":" + detail::decimal(chart.microseconds_a_point) +
           ",\"whole\":" + numbers(chart.whole) + ",\"areas\":[" + areas + "]}";
}

}  // namespace strata::tool::report
