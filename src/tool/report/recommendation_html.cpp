// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <strata/detail/text.hpp>

#include "tool/report/html.hpp"
#include "tool/report/recommendation.hpp"
#include "tool/trace/words.hpp"
#include "tool/tune/advice.hpp"

namespace strata::tool::report {
namespace {

// Strategies with many options are long, and cutting a line to paste would make it another one.
constexpr std::size_t longest_line = 4000;
constexpr std::size_t most_shown = 20;

// A backslash of a line to paste must not be doubled, as it is in names.
std::string code(const std::string& text) {
    const bool is_plain = text.size() <= longest_line && std::ranges::all_of(text, [](char each) {
                              return each >= ' ' && each <= '~';
                          });
    return "<code>" + (is_plain ? html_text(text) : html_name(text, longest_line)) + "</code>";
}

std::string line_to_paste(const std::string& name, const std::string& line) {
    return "<dt>" + name + "</dt><dd><pre tabindex=\"0\">" + code(line) + "</pre></dd>\n";
}

std::string lines_of(const recommendation& of, bool is_of_resources) {
    const tune::lines_to_paste lines = tune::lines_for(of.take, of.cpp, is_of_resources);
    std::string all = "<dl class=\"paste\">\n" + line_to_paste("Strategy", of.take);
    all += line_to_paste("C++", lines.cpp);
    if (!lines.command.empty()) {
        all += line_to_paste("To try it, without a change of the program", lines.command);
    }
    all += line_to_paste("In C++, from an environment variable", lines.from_variable);
    all += line_to_paste("The variable", lines.variable);
    return all.append("</dl>\n");
}

// What is far behind is at the edge: the others are to be told apart.
double end_of_scale(const recommendation& of) {
    double most = 1.2;
    for (const recommendation::compared& each : of.finalists) {
        for (const recommendation::ratio& ratio : each.of_heap) {
            most = std::max(most, ratio.median + ratio.spread);
        }
    }
    return std::min(most * 1.05, 3.0);
}

std::string at(double ratio, double end) {
    return detail::decimal(100 * std::clamp(ratio, 0.0, end) / end, 2).append("%");
}

// A dot with its spread for each course, and a line where the heap is.
std::string picture_of(const recommendation::compared& one, double end) {
    const std::size_t height = 14 * std::max<std::size_t>(one.of_heap.size(), 1) + 6;
    std::string all = "<svg width=\"100%\" height=\"" + detail::decimal(height) +
                      "\" aria-hidden=\"true\"><line class=\"heap\" x1=\"" + at(1, end) +
                      "\" x2=\"" + at(1, end) + "\" y1=\"0\" y2=\"" + detail::decimal(height) +
                      "\"/>";
    for (std::size_t i = 0; i != one.of_heap.size(); ++i) {
        const recommendation::ratio& ratio = one.of_heap[i];
        const std::string y = detail::decimal(14 * i + 10);
        const std::string colour = " class=\"c" + detail::decimal(i % 8) + "\"";
        all.append("<line" + colour + " x1=\"" + at(ratio.median - ratio.spread, end) + "\" x2=\"" +
                   at(ratio.median + ratio.spread, end) + "\" y1=\"" + y + "\" y2=\"" + y +
                   "\"/><circle" + colour + " cx=\"" + at(ratio.median, end) + "\" cy=\"" + y +
                   "\" r=\"5\"/>");
    }
    return all.append("</svg>");
}

std::string cell_of(const recommendation::ratio& of) {
    return "<td>" + detail::decimal(of.median, 2) + "&nbsp;±&nbsp;" +
           detail::decimal(of.spread, 2) + "</td>";
}

std::string row_of(const recommendation& of, const recommendation::compared& one, double end) {
    std::string row = "<tr><th scope=\"row\">" + code(one.strategy) + "</th>";
    if (!one.problem.empty()) {
        return row.append("<td colspan=\"" +
                          detail::decimal(of.courses.size() + (of.is_tried ? 3 : 2)) + "\">" +
                          html_name(one.problem) + "</td></tr>\n");
    }
    row.append("<td class=\"bar\">" + picture_of(one, end) + "</td>");
    for (const recommendation::ratio& each : one.of_heap) {
        row.append(cell_of(each));
    }
    if (of.is_tried) {
        row.append(one.in_program ? cell_of(*one.in_program) : "<td>-</td>");
    }
    return row.append("<td>" + (one.saves ? trace::percent(*one.saves, 1) : "-") + "</td></tr>\n");
}

std::string comparison_of(const recommendation& of) {
    const std::string caption = tune::title_of(html_name(of.minimised)) + " over the heap's, " +
                                trace::many(of.rounds, "round") +
                                ": median ± spread; less is better";
    const double end = end_of_scale(of);
    std::string all = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                      caption + "\"><table>\n<caption>" + caption +
                      "</caption>\n<thead><tr><th scope=\"col\">Strategy</th>" +
                      "<th class=\"bar\" scope=\"col\">From 0 to " + detail::decimal(end, 1) +
                      "; the line is the heap</th>";
    for (std::size_t i = 0; i != of.courses.size(); ++i) {
        all.append("<th scope=\"col\"><span class=\"key c" + detail::decimal(i % 8) + "\"></span>" +
                   html_name(of.courses[i]) + "</th>");
    }
    if (of.is_tried) {
        all.append("<th scope=\"col\">The program itself</th>");
    }
    all.append("<th scope=\"col\">Saves</th></tr></thead>\n<tbody>\n");
    recommendation::compared heap{.strategy = "heap", .of_heap = {}, .saves = {}, .problem = {}};
    heap.of_heap.assign(of.courses.size(), {});
    heap.in_program.emplace();
    all.append(row_of(of, heap, end));
    for (const recommendation::compared& each : of.finalists) {
        all.append(row_of(of, each, end));
    }
    return all.append("</tbody></table></div>\n");
}

std::string front_of(const recommendation& of) {
    if (of.front.empty()) {
        return "";
    }
    std::string all =
        "<details><summary>Time and memory</summary>\n<p>None is faster and smaller than one of "
        "these; over the heap's, in the first races.</p>\n<div class=\"scroll\" tabindex=\"0\" "
        "role=\"region\" aria-label=\"Time and memory\"><table><thead><tr><th scope=\"col\">"
        "Strategy</th><th scope=\"col\">Time</th><th scope=\"col\">Peak</th></tr></thead><tbody>\n";
    for (const recommendation::time_and_peak& each : of.front) {
        all.append("<tr><th scope=\"row\">" + code(each.strategy) + "</th><td>" +
                   detail::decimal(each.time, 2) + "</td><td>" + detail::decimal(each.peak, 2) +
                   "</td></tr>\n");
    }
    return all.append("</tbody></table></div></details>\n");
}

void append_first(std::string& to, const std::vector<std::pair<std::string, std::string>>& all,
                  const std::string& became) {
    const std::size_t shown = std::min(all.size(), most_shown);
    for (std::size_t i = 0; i != shown; ++i) {
        to.append("<li>" + code(all[i].first) + became + html_name(all[i].second) + "</li>\n");
    }
    if (shown != all.size()) {
        to.append("<li>and " + trace::grouped(all.size() - shown) + " more</li>\n");
    }
}

std::string others_of(const recommendation& of) {
    if (of.out_before.empty() && of.not_tried.empty() && of.not_raced.empty()) {
        return "";
    }
    std::string all = "<details><summary>Other strategies</summary>\n<ul>\n";
    append_first(all, of.out_before, ", out before the last race: ");
    append_first(all, of.not_raced, ", not raced: ");
    for (const auto& [strategy, why] : of.not_tried) {
        all.append("<li>" + code(strategy) + ", not tried: " + html_name(why) + "</li>\n");
    }
    return all.append("</ul></details>\n");
}

}  // namespace

std::string html_of(const recommendation& of, bool is_of_resources) {
    const bool keeps = of.take.empty();
    std::string all =
        "<p class=\"verdict\">" +
        (keeps ? "<strong>Keep the heap</strong>" : "<strong>Take " + code(of.take) + "</strong>") +
        ": " + html_name(of.reason, longest_line) + ".</p>\n";
    if (!keeps) {
        all.append(lines_of(of, is_of_resources));
    }
    return all.append(comparison_of(of)).append(front_of(of)).append(others_of(of));
}

}  // namespace strata::tool::report
