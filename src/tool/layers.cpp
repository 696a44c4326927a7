// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <strata/compose/layer_kind.hpp>

#include "tool/commands.hpp"
#include "tool/failure.hpp"
#include "tool/table.hpp"
#include "tool/words.hpp"

namespace strata::tool {
namespace {

struct layers_request {
    std::vector<std::string> names;
    bool json = false;
};

std::vector<layer_kind> chosen(const std::vector<std::string>& names) {
    std::vector<layer_kind> all = layers();
    if (names.empty()) {
        return all;
    }
    std::vector<layer_kind> found;
    for (const std::string& name : names) {
        const auto at = std::ranges::find(all, name, &layer_kind::name);
        if (at == all.end()) {
            throw failure{"there is no layer \"" + name + "\"; `strata layers` lists all"};
        }
        found.push_back(*at);
    }
    return found;
}

void print_all(const std::vector<layer_kind>& all) {
    table rows{{"layer", "draws from", "threads"}};
    for (const layer_kind& each : all) {
        rows.add({each.name, draws_from(each), threads_of(each, {})});
    }
    std::cout << rows << "\nstrata layers NAME lists the options of a layer.\n";
}

void print_one(const layer_kind& of) {
    std::cout << template_of(of) << "\n\nDraws from " << draws_from(of)
              << ". Threads: " << threads_of(of, {}) << ".\n";
    table rows{{"option", "values", "default", "what it does"}};
    for (const option_kind& option : of.options) {
        rows.add({option.name, values_in_words(option), default_in_words(option), purpose(option)});
    }
    std::cout << '\n' << rows;
}

nlohmann::ordered_json json_of_kind(const layer_kind& of) {
    auto options = nlohmann::ordered_json::array();
    for (const option_kind& each : of.options) {
        options.push_back({{"name", each.name},
                           {"values", values_in_words(each)},
                           {"default", default_in_words(each)},
                           {"what", purpose(each)}});
    }
    return {{"name", of.name},
            {"template", template_of(of)},
            {"draws_from", draws_from(of)},
            {"threads", threads_of(of, {})},
            {"options", options}};
}

void print_layers(const layers_request& asked) {
    const std::vector<layer_kind> kinds = chosen(asked.names);
    if (asked.json) {
        auto all = nlohmann::ordered_json::array();
        for (const layer_kind& each : kinds) {
            all.push_back(json_of_kind(each));
        }
        std::cout << all.dump(2) << '\n';
    } else if (asked.names.empty()) {
        print_all(kinds);
    } else {
        for (const layer_kind& each : kinds) {
            std::cout << (&each == kinds.data() ? "" : "\n");
            print_one(each);
        }
    }
}

}  // namespace

void add_layers(CLI::App& to) {
    CLI::App& command = *to.add_subcommand(
        "layers", "Lists the layers of strategy texts, or the options of one");
    const auto asked = std::make_shared<layers_request>();
    command.add_option("name", asked->names, "Layers whose options to list")->type_name("NAME");
    command.add_flag("--json", asked->json, "Print JSON");
    command.footer("Example: strata layers pool");
    command.callback([asked] { print_layers(*asked); });
}

}  // namespace strata::tool
