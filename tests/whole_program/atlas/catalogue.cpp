// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "catalogue.hpp"

#include <set>
#include <utility>

#include "text.hpp"

namespace atlas {
namespace {

// In bytes: what counts as the beginning of a word, and the shortest word that has one.
constexpr std::size_t beginning = 5;
constexpr std::size_t shortest = 4;

[[noreturn]] void refuse(standard list, const std::string& problem) {
    throw input_error{"ISO " + std::string{format_of(list).number} + ": " + problem + "\n"};
}

std::string field(standard list, const nlohmann::json& raw, std::string_view name) {
    const auto found = raw.find(name);
    if (found == raw.end()) {
        return {};
    }
    if (!found->is_string()) {
        refuse(list, in_quotes(name) + " is no text in " + raw.dump());
    }
    return found->get<std::string>();
}

std::string needed_field(standard list, const nlohmann::json& raw, std::string_view name) {
    std::string value = field(list, raw, name);
    if (value.empty()) {
        refuse(list, "no " + in_quotes(name) + " in " + raw.dump());
    }
    return value;
}

std::string first_of(standard list, const nlohmann::json& raw,
                     std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (std::string value = field(list, raw, name); !value.empty()) {
            return value;
        }
    }
    return {};
}

}  // namespace

void catalogue::add(standard list, const nlohmann::json& raw) {
    if (!raw.is_object()) {
        refuse(list, raw.dump() + " is no entry");
    }
    entry made{
        .name = needed_field(list, raw, "name"),
        .other_name = first_of(list, raw, {"official_name", "inverted_name", "common_name"}),
        .type = list == standard::subdivision ? needed_field(list, raw, "type") : std::string{},
        .parent = list == standard::subdivision ? field(list, raw, "parent") : std::string{},
    };
    std::string code = needed_field(list, raw, format_of(list).code);
    std::set<std::string> words = words_of(made.name + " " + made.other_name);
    entries& all = lists_[static_cast<std::size_t>(list)];
    const auto [position, is_new] = all.try_emplace(std::move(code), std::move(made));
    if (!is_new) {
        refuse(list, in_quotes(position->first) + " is there twice");
    }
    while (!words.empty()) {
        words_.emplace(std::move(words.extract(words.begin()).value()),
                       reference{list, &*position});
    }
}

void catalogue::merge(catalogue&& other) {
    for (std::size_t i = 0; i != lists_.size(); ++i) {
        lists_[i].merge(other.lists_[i]);
        if (!other.lists_[i].empty()) {
            refuse(static_cast<standard>(i),
                   in_quotes(other.lists_[i].begin()->first) + " is there twice");
        }
    }
    words_.merge(other.words_);
}

std::unordered_set<const entries::value_type*> catalogue::begin_like(std::string_view name,
                                                                     standard list) const {
    std::unordered_set<const entries::value_type*> alike;
    for (const std::string& word : words_of(name)) {
        if (word.size() < shortest) {
            continue;
        }
        const std::string start = word.substr(0, beginning);
        for (auto found = words_.lower_bound(start);
             found != words_.end() && found->first.compare(0, start.size(), start) == 0; ++found) {
            if (found->second.list == list) {
                alike.insert(found->second.to);
            }
        }
    }
    return alike;
}

}  // namespace atlas
