// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>

#include <nlohmann/json.hpp>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

#include "tool/diff/changes.hpp"
#include "tool/table.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::diff {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t most_shown = 10;

std::string in_words(double number, bool is_of_bytes) {
    const auto whole = static_cast<std::uint64_t>(std::abs(number));
    return is_of_bytes ? format_bytes(static_cast<std::int64_t>(whole)) : trace::grouped(whole);
}

std::string signed_words(double number, bool is_of_bytes) {
    const std::string text = in_words(number, is_of_bytes);
    return number < 0 ? "-" + text : number > 0 ? "+" + text : "0";
}

std::string percent_of(const change& one) {
    if (one.before <= 0) {
        return one.after > 0 ? "new" : "";
    }
    if (one.after <= 0) {
        return "gone";
    }
    const double part = one.by() / one.before;
    return std::string{part > 0 ? "+" : ""}.append(trace::percent(part, 1));
}

void add_row(table& to, const change& one, bool is_of_bytes) {
    to.add({detail::printable(one.name), in_words(one.before, is_of_bytes),
            in_words(one.after, is_of_bytes), signed_words(one.by(), is_of_bytes),
            percent_of(one)});
}

table table_with(const std::string& title) {
    return table{{title, "before", "after", "change", ""}, 1};
}

json of_change(const change& one) {
    return {{"name", one.name}, {"before", one.before}, {"after", one.after}};
}

}  // namespace

void print_text(std::ostream& to, const side& before, const side& after, double noise) {
    table whole = table_with("");
    for (const auto& [each, is_of_bytes] : whole_changes(before, after)) {
        add_row(whole, each, is_of_bytes);
    }
    to << "before: " << detail::printable(before.file) << "\nafter:  "
       << detail::printable(after.file) << "\n\n"
       << whole;
    for (const section& each : sections_of(before, after, noise)) {
        if (each.changes.empty()) {
            continue;
        }
        table rows = table_with(each.title);
        const std::size_t shown = std::min(each.changes.size(), most_shown);
        for (std::size_t i = 0; i != shown; ++i) {
            add_row(rows, each.changes[i], each.is_of_bytes);
        }
        to << '\n' << rows;
        if (const std::size_t more = each.changes.size() - shown + each.noise; more != 0) {
            to << "and " << trace::many(more, "smaller change") << '\n';
        }
    }
}

void print_json(std::ostream& to, const side& before, const side& after, double noise) {
    json whole = json::array();
    for (const auto& [each, is_of_bytes] : whole_changes(before, after)) {
        whole.push_back(of_change(each));
    }
    json sections = json::array();
    for (const section& each : sections_of(before, after, noise)) {
        json changes = json::array();
        for (const change& one : each.changes) {
            changes.push_back(of_change(one));
        }
        sections.push_back({{"title", each.title}, {"changes", changes}, {"noise", each.noise}});
    }
    const json all{{"before", before.file}, {"after", after.file}, {"whole", whole},
                   {"sections", sections}};
    to << all.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace strata::tool::diff
