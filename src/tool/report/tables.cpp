// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/tables.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>

#include <strata/detail/text.hpp>

#include "tool/report/html.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::report {
namespace {

constexpr std::size_t largest_sites = 10;
constexpr std::size_t shown_callers = 5;

std::string part_of(std::uint64_t part, std::uint64_t whole) {
    const double exact = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    return detail::decimal(100 * exact, 2).append("%");
}

std::string bar(std::uint64_t first, std::uint64_t second, std::uint64_t most) {
    return "<td class=\"bar\"><svg width=\"100%\" height=\"14\" aria-hidden=\"true\">"
           "<rect class=\"c0\" width=\"" +
           part_of(first, most) + "\" height=\"14\"/>" +
           (second == 0 ? std::string{}
                        : "<rect class=\"c1\" x=\"" + part_of(first, most) + "\" width=\"" +
                              part_of(second, most) + "\" height=\"14\"/>") +
           "</svg></td>";
}

std::string cell(const std::string& text) {
    return "<td>" + text + "</td>";
}

std::string table_head(const std::string& caption, const std::vector<std::string>& columns) {
    std::string all = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                      html_text(caption) + "\"><table>\n<caption>" + html_text(caption) +
                      "</caption>\n<thead><tr>";
    for (const std::string& each : columns) {
        all.append("<th scope=\"col\">" + each + "</th>");
    }
    return all.append("</tr></thead>\n<tbody>\n");
}

constexpr auto table_end = "</tbody></table></div>\n";
constexpr auto bars = "<span class=\"unseen\">Bar</span>";

}  // namespace

std::string histogram_table(const std::string& caption, const std::string& from,
                            const trace::histogram& first, const trace::histogram& second) {
    const auto total = [&](std::size_t bucket) { return first.in(bucket) + second.in(bucket); };
    std::size_t begin = 0;
    std::size_t end = trace::histogram::buckets;
    for (; begin != end && total(begin) == 0; ++begin) {
    }
    for (; end != begin && total(end - 1) == 0; --end) {
    }
    std::uint64_t most = 0;
    for (std::size_t i = begin; i != end; ++i) {
        most = std::max(most, total(i));
    }
    const std::uint64_t whole = first.total() + second.total();
    std::string all = table_head(caption, {from, "Blocks", "Part", bars});
    for (std::size_t i = begin; i != end; ++i) {
        all.append("<tr><th scope=\"row\">" + power_text(trace::histogram::least(i)) + "</th>" +
                   cell(trace::grouped(total(i))) + cell(trace::percent_of(total(i), whole)) +
                   bar(first.in(i), second.in(i), most) + "</tr>\n");
    }
    return all.append(table_end);
}

std::string shares_table(const std::string& caption, const std::string& of,
                         const std::vector<trace::share>& all) {
    std::uint64_t most = 0;
    for (const trace::share& each : all) {
        most = std::max(most, each.allocated.bytes);
    }
    std::string text =
        table_head(caption, {of, "Allocated", "Blocks", "Not freed", "Blocks not freed", bars});
    for (const trace::share& each : all) {
        text.append("<tr><th scope=\"row\">" + html_name(each.name) + "</th>" +
                    cell(bytes_text(each.allocated.bytes)) +
                    cell(trace::grouped(each.allocated.blocks)) +
                    cell(bytes_text(each.live.bytes)) + cell(trace::grouped(each.live.blocks)) +
                    bar(each.allocated.bytes - std::min(each.live.bytes, each.allocated.bytes),
                        each.live.bytes, most) +
                    "</tr>\n");
    }
    return text.append(table_end);
}

std::string call_sites_table(const std::vector<trace::site_group>& groups) {
    const std::array<std::uint64_t (*)(const trace::site_group&), 3> figures{
        [](const trace::site_group& of) { return of.sums.allocated.bytes; },
        [](const trace::site_group& of) { return of.sums.at_peak.bytes; },
        [](const trace::site_group& of) { return of.sums.live.bytes; }};
    std::vector<bool> is_shown(groups.size());
    for (const auto& figure : figures) {
        std::vector<std::size_t> order(groups.size());
        for (std::size_t i = 0; i != order.size(); ++i) {
            order[i] = i;
        }
        std::ranges::stable_sort(order, std::greater{},
                                 [&](std::size_t i) { return figure(groups[i]); });
        for (std::size_t i = 0; i != std::min(largest_sites, order.size()); ++i) {
            is_shown[order[i]] = is_shown[order[i]] || figure(groups[order[i]]) != 0;
        }
    }
    std::string all =
        table_head("Call sites", {"Function", "Allocated", "Blocks", "At the peak", "Not freed"});
    for (std::size_t i = 0; i != groups.size(); ++i) {
        if (!is_shown[i]) {
            continue;
        }
        const trace::site_group& each = groups[i];
        std::string callers;
        for (std::size_t call = 1; call < std::min(each.stack.size(), shown_callers); ++call) {
            callers += (call == 1 ? "<small>from " : " &lt; ") +
                       html_name(text_of(each.stack[call], false));
        }
        all.append("<tr><th scope=\"row\"><code>" + html_name(each.name) + "</code>" +
                   (callers.empty() ? callers : callers + "</small>") + "</th>" +
                   cell(bytes_text(each.sums.allocated.bytes)) +
                   cell(trace::grouped(each.sums.allocated.blocks)) +
                   cell(bytes_text(each.sums.at_peak.bytes)) +
                   cell(bytes_text(each.sums.live.bytes)) + "</tr>\n");
    }
    all.append(table_end);
    const auto shown = static_cast<std::size_t>(std::ranges::count(is_shown, true));
    return shown == groups.size()
               ? all
               : all.append("<p>And " + trace::many(groups.size() - shown, "smaller call site") +
                            ".</p>\n");
}

}  // namespace strata::tool::report
