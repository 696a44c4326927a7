// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/flame_chart.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <strata/detail/text.hpp>

#include "tool/report/html.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::report {
namespace {

constexpr std::size_t most_boxes = 1000;
constexpr std::uint32_t most_rows = 64;
constexpr std::uint32_t row_height = 18;  // pixels
constexpr std::uint32_t colours = 5;
constexpr double narrowest_with_text = 0.015;

struct measure_words {
    measure of;
    const char* id;
    const char* title;
};
constexpr std::array all_words{
    measure_words{measure::bytes, "flame-bytes", "Bytes allocated"},
    measure_words{measure::blocks, "flame-blocks", "Blocks allocated"},
    measure_words{measure::at_peak, "flame-peak", "Bytes live at the peak"},
};

std::string sum_text(const flame_node& of, measure by) {
    const std::uint64_t sum = of.sums[static_cast<std::size_t>(by)];
    return by == measure::blocks ? trace::many(sum, "block") : bytes_text(sum);
}

std::string percent_of_width(double part) {
    return detail::decimal(100 * part, 3).append("%");
}

// The same in each picture and of each trace.
std::uint32_t colour_of(const std::string& name) {
    std::uint32_t sum = 2166136261u;
    for (const char each : name) {
        sum = (sum ^ static_cast<unsigned char>(each)) * 16777619u;
    }
    return (sum >> 16) % colours;
}

// An element of its own, which cuts off the text that is too long for it.
std::string box_of(const flame_tree& tree, const flame_box& box, measure by) {
    const flame_node& node = tree.nodes()[box.node];
    const std::string& name = tree.name_of(node);
    const std::string text = html_name(name);
    const std::string whole = trace::percent_of(node.sums[static_cast<std::size_t>(by)],
                                                tree.nodes()[0].sums[static_cast<std::size_t>(by)]);
    return "<svg class=\"f" + detail::decimal(colour_of(name)) + "\" x=\"" +
           percent_of_width(box.begin) + "\" y=\"" + detail::decimal(box.depth * row_height) +
           "\" width=\"" + percent_of_width(box.part) + "\" height=\"17\"><title>" + text + "\n" +
           sum_text(node, by) + ", " + whole + "</title><rect width=\"100%\" height=\"17\"/>" +
           (box.part < narrowest_with_text ? std::string{}
                                           : "<text x=\"3\" y=\"13\">" + text + "</text>") +
           "</svg>\n";
}

std::string chart_of(const flame_tree& tree, const measure_words& words) {
    const std::vector<flame_box> boxes = tree.boxes(words.of, most_boxes, most_rows);
    std::uint32_t rows = 0;
    for (const flame_box& each : boxes) {
        rows = std::max(rows, each.depth + 1);
    }
    std::string all = std::string{"<figure class=\"flame\" id=\""} + words.id +
                      "\"><figcaption><h3>" + words.title + "</h3></figcaption>\n";
    if (boxes.empty()) {
        return all.append("<p>None.</p></figure>\n");
    }
    all.append(std::string{"<svg class=\"frames\" role=\"img\" aria-label=\"Flame graph: "} +
               words.title + ", by call stack; the table of call sites has the largest\" " +
               "width=\"100%\" height=\"" + detail::decimal(rows * row_height) + "\">\n");
    for (const flame_box& each : boxes) {
        all.append(box_of(tree, each, words.of));
    }
    return all.append("</svg></figure>\n");
}

}  // namespace

std::string flame_charts(const flame_tree& tree) {
    std::string all;
    for (const measure_words& each : all_words) {
        all.append(chart_of(tree, each));
    }
    return all;
}

}  // namespace strata::tool::report
