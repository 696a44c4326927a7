// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "pages.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "text.hpp"

namespace atlas {
namespace {

using nlohmann::json;

bool begins_with(std::string_view text, std::string_view beginning) {
    return text.substr(0, beginning.size()) == beginning;
}

// The language whose name is most like that of the place; of several, the first by code.
const entries::value_type* closest_language(const catalogue& all, namesake& found) {
    constexpr std::size_t least_likeness = 500;
    const entries::value_type* best = nullptr;
    found.likeness = least_likeness;
    const std::unordered_set<std::uint32_t> trigrams = trigrams_of(found.place);
    for (const auto* each : all.begin_like(found.place, standard::language)) {
        const std::size_t alike = likeness(trigrams, trigrams_of(each->second.name));
        if (alike > found.likeness ||
            (alike == found.likeness && (best == nullptr || each->first < best->first))) {
            best = each;
            found.likeness = alike;
        }
    }
    return best;
}

json about(const std::string& code, const entry& place) {
    return {{"code", code}, {"name", place.name}, {"type", place.type}, {"in", place.parent}};
}

// The places inside a place, and those inside them; at the top, those that are in no other.
json tree_of(std::multimap<std::string, json>& by_parent, const std::string& parent) {
    json inside = json::array();
    for (auto [each, end] = by_parent.equal_range(parent); each != end; ++each) {
        json place = std::move(each->second);
        place["inside"] = tree_of(by_parent, place["code"].get_ref<const std::string&>());
        inside.push_back(std::move(place));
    }
    return inside;
}

}  // namespace

page make_page(const catalogue& all, const entries::value_type& country) {
    page made{.country = country.second.name, .places = 0, .namesakes = {}, .views = {}};
    std::multimap<std::string, json> by_name;
    json by_type = json::object();
    std::multimap<std::string, json> by_parent;
    const std::string prefix = country.first + "-";
    const entries& places = all.of(standard::subdivision);
    for (auto each = places.lower_bound(prefix);
         each != places.end() && begins_with(each->first, prefix); ++each) {
        const auto& [code, place] = *each;
        ++made.places;
        json told = about(code, place);
        if (namesake found{.place = place.name, .language = {}};
            const auto* language = closest_language(all, found)) {
            found.language = language->second.name;
            told["like"] = {{"language", language->first}, {"likeness", found.likeness}};
            made.namesakes.push_back(std::move(found));
        }
        by_name.emplace(place.name, told);
        by_type[place.type].push_back(told);
        // In some countries a parent is written without the country in front.
        const bool whole = place.parent.empty() || begins_with(place.parent, prefix);
        by_parent.emplace(whole ? place.parent : prefix + place.parent, std::move(told));
    }

    json names = json::array();
    for (auto& [name, place] : by_name) {
        names.push_back(std::move(place));
    }
    json currencies = json::object();
    for (const auto& [code, currency] : all.of(standard::currency)) {
        if (begins_with(code, country.first)) {
            currencies[code] = currency.name;
        }
    }
    const json head{{"code", country.first},
                    {"name", country.second.name},
                    {"official_name", country.second.other_name},
                    {"currencies", std::move(currencies)}};
    made.views.fill(head);
    made.views[0]["by_name"] = std::move(names);
    made.views[1]["by_type"] = std::move(by_type);
    made.views[2]["tree"] = tree_of(by_parent, {});
    return made;
}

}  // namespace atlas
