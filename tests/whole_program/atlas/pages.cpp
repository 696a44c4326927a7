// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "pages.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <stdexcept>

#include "team.hpp"
#include "text.hpp"

namespace atlas {
namespace {

using nlohmann::json;

// Whether a subdivision or a currency is one of that country.
bool is_of(const std::string& code, const std::string& country) {
    return code.compare(0, country.size(), country) == 0;
}

// The language whose name is most like that of the place; of several, the one that sorts first.
std::optional<namesake> closest_language(const catalogue& all, const std::string& place,
                                         const std::string& name) {
    constexpr std::size_t least_likeness = 500;
    namesake best{.place = place, .language = {}, .likeness = 0};
    for (const std::string& code : all.begin_like(name, standard::language)) {
        const std::size_t alike = likeness(name, all.of(standard::language).at(code).name);
        if (alike > best.likeness) {
            best.language = code;
            best.likeness = alike;
        }
    }
    return best.likeness >= least_likeness ? std::optional{best} : std::nullopt;
}

// The places inside a place, and those inside them; at the top, those that are in no other.
json tree_of(const std::multimap<std::string, std::string>& by_parent, const std::string& parent) {
    json inside = json::object();
    for (auto [each, end] = by_parent.equal_range(parent); each != end; ++each) {
        inside[each->second] = tree_of(by_parent, each->second);
    }
    return inside;
}

page make_page(const catalogue& all, const std::string& country, const entry& about) {
    page made{.country = country, .subdivisions = 0, .namesakes = {}, .json = {}};
    std::map<std::string, std::vector<std::string>> by_type;
    std::multimap<std::string, std::string> by_parent;
    const catalogue::entries& places = all.of(standard::subdivision);
    for (auto each = places.lower_bound(country + "-");
         each != places.end() && is_of(each->first, country + "-"); ++each) {
        const auto& [code, place] = *each;
        ++made.subdivisions;
        by_type[place.type].push_back(place.name);
        // Some lists have parents with the country in front and some without.
        by_parent.emplace(place.parent.empty() || is_of(place.parent, country + "-")
                              ? place.parent
                              : country + "-" + place.parent,
                          code);
        if (const auto found = closest_language(all, code, place.name)) {
            made.namesakes.push_back(*found);
        }
    }
    for (auto& [type, names] : by_type) {
        std::sort(names.begin(), names.end());
    }

    json currencies = json::object();
    for (const auto& [code, currency] : all.of(standard::currency)) {
        if (is_of(code, country)) {
            currencies[code] = currency.name;
        }
    }
    json namesakes = json::array();
    for (const namesake& each : made.namesakes) {
        namesakes.push_back({{"place", places.at(each.place).name},
                             {"language", all.of(standard::language).at(each.language).name},
                             {"likeness", each.likeness}});
    }
    const json told{{"code", country},
                    {"name", about.name},
                    {"official_name", about.other_name},
                    {"currencies", std::move(currencies)},
                    {"subdivisions", by_type},
                    {"tree", tree_of(by_parent, {})},
                    {"named_like_languages", std::move(namesakes)}};
    made.json = told.dump(2);
    if (json::parse(made.json) != told) {
        throw std::logic_error{"the page of " + country + " cannot be read back"};
    }
    return made;
}

}  // namespace

std::vector<page> make_pages(const catalogue& all, std::size_t threads) {
    std::vector<const catalogue::entries::value_type*> countries;
    for (const auto& country : all.of(standard::country)) {
        countries.push_back(&country);
    }
    std::vector<page> pages(countries.size());
    std::atomic<std::size_t> next = 0;
    run_team(
        threads,
        [&](std::size_t) {
            for (std::size_t i = next++; i < countries.size(); i = next++) {
                pages[i] = make_page(all, countries[i]->first, countries[i]->second);
            }
        },
        [&] { next = countries.size(); });
    return pages;
}

}  // namespace atlas
