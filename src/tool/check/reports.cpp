// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/check/reports.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <strata/detail/text.hpp>

#include "tool/table.hpp"

namespace strata::tool::check {
namespace {

using json = nlohmann::ordered_json;

constexpr std::array<const char*, 5> comparison_words{"at most", "at least", "exactly", "less than",
                                                      "more than"};

std::ptrdiff_t broken_in(const std::vector<judged>& all) {
    return std::ranges::count_if(all, [](const judged& each) { return !each.found.holds; });
}

using replacements = std::vector<std::pair<char, std::string_view>>;

std::string with(const std::string& text, const replacements& all) {
    std::string made;
    for (const char each : detail::printable(text)) {
        const auto found = std::ranges::find(all, each, &replacements::value_type::first);
        made += found == all.end() ? std::string_view{&each, 1} : found->second;
    }
    return made;
}

std::string xml(const std::string& text) {
    return with(text,
                {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}});
}

// GitHub: "Workflow commands for GitHub Actions" names no escapes, its toolkit has these.
std::string github(const std::string& text) {
    return with(text, {{'%', "%25"}, {':', "%3A"}, {',', "%2C"}});
}

}  // namespace

std::string difference(const judged& of) {
    std::string text = in_words(of.one, of.found);
    return text.append(", expected ")
        .append(comparison_words[static_cast<std::size_t>(of.one.how)])
        .append(" ")
        .append(in_words(of.one, {.measured = of.one.bound}));
}

void print_text(std::ostream& to, const std::string& trace, const std::vector<judged>& all) {
    table rows{{"", "budget", "measured"}};
    for (const judged& each : all) {
        rows.add({each.found.holds ? "  ok" : "  FAILED", detail::printable(each.one.text),
                  each.found.holds ? in_words(each.one, each.found) : difference(each)});
    }
    to << detail::printable(trace) << '\n' << rows;
}

void print_json(std::ostream& to, const std::string& trace, const std::vector<judged>& all) {
    json rows = json::array();
    for (const judged& each : all) {
        json& row = rows.emplace_back(json{{"budget", each.one.text},
                                           {"measured", each.found.measured},
                                           {"bound", each.one.bound},
                                           {"holds", each.found.holds}});
        if (each.found.call != 0) {
            row["call"] = each.found.call;
            row["calls"] = each.found.calls;
        }
    }
    const json whole{{"trace", trace}, {"holds", broken_in(all) == 0}, {"budgets", rows}};
    to << whole.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

void print_github(std::ostream& to, const std::string& trace, const std::vector<judged>& all) {
    for (const judged& each : all) {
        if (!each.found.holds) {
            to << "::error title=" << github("strata check " + trace)
               << "::" << with(each.one.text + ": " + difference(each), {{'%', "%25"}}) << '\n';
        }
    }
}

void print_junit(std::ostream& to, const std::string& trace, const std::vector<judged>& all) {
    to << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
       << "<testsuite name=\"strata check\" tests=\"" << all.size() << "\" failures=\""
       << broken_in(all) << "\">\n";
    for (const judged& each : all) {
        to << "  <testcase classname=\"" << xml(trace) << "\" name=\"" << xml(each.one.text) << '"';
        if (each.found.holds) {
            to << "/>\n";
        } else {
            to << ">\n    <failure message=\"" << xml(difference(each)) << "\"/>\n  </testcase>\n";
        }
    }
    to << "</testsuite>\n";
}

}  // namespace strata::tool::check
