// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include <strata/compose/strategy.hpp>

#include "tool/commands.hpp"
#include "tool/table.hpp"
#include "tool/words.hpp"

namespace strata::tool {
namespace {

struct describe_request {
    std::string text;
    bool json = false;
};

layer_kind kind_of(const strategy::layer& of) {
    const auto all = layers();
    return *std::ranges::find(all, of.name, &layer_kind::name);
}

std::string value_of(const strategy::layer& in, const option_kind& option) {
    std::string values;
    for (const layer_option& given : in.options) {
        if (given.name == option.name) {
            values += (values.empty() ? "" : ", ") + text_of(given.value, option.type);
        }
    }
    return values.empty() ? default_in_words(option) : values;
}

bool is_given(const strategy::layer& in, const option_kind& option) {
    return std::ranges::find(in.options, option.name, &layer_option::name) != in.options.end();
}

// --- as a table -------------------------------------------------------------------------------

void add_chain(table& to, const strategy::layers_type& chain, std::size_t depth);

void add_layer(table& to, const strategy::layer& of, std::size_t depth) {
    const layer_kind kind = kind_of(of);
    const std::string indent(2 * depth, ' ');
    to.add({indent + of.name, "", "threads: " + threads_of(kind, of.options)});
    for (const option_kind& option : kind.options) {
        // A name or a handler that is not there says nothing.
        if (is_given(of, option) || option.otherwise) {
            to.add({indent + "  . " + option.name, value_of(of, option),
                    purpose(option) + (is_given(of, option) ? "" : " (default)")});
        }
    }
    for (const strategy::layers_type& branch : of.branches) {
        add_chain(to, branch, depth + 1);
    }
}

void add_chain(table& to, const strategy::layers_type& chain, std::size_t depth) {
    for (const strategy::layer& each : chain) {
        add_layer(to, each, depth++);
    }
    const layer_kind last = kind_of(chain.back());
    if (last.shape == layer_shape::adaptor) {
        to.add({std::string(2 * depth, ' ') + "heap", "", "the bottom where a text names none"});
    }
}

// --- as JSON ----------------------------------------------------------------------------------

nlohmann::ordered_json json_of(const strategy::layers_type& chain) {
    auto layers = nlohmann::ordered_json::array();
    for (const strategy::layer& each : chain) {
        const layer_kind kind = kind_of(each);
        auto options = nlohmann::ordered_json::array();
        for (const option_kind& option : kind.options) {
            options.push_back({{"name", option.name},
                               {"value", value_of(each, option)},
                               {"is_default", !is_given(each, option)},
                               {"what", purpose(option)}});
        }
        nlohmann::ordered_json layer{{"name", each.name},
                                     {"threads", threads_of(kind, each.options)},
                                     {"options", options}};
        for (const strategy::layers_type& branch : each.branches) {
            layer["branches"].push_back(json_of(branch));
        }
        layers.push_back(layer);
    }
    return layers;
}

void print_tree(const describe_request& asked) {
    const strategy given = strategy::parse(asked.text);
    if (asked.json) {
        const nlohmann::ordered_json all{{"text", to_string(given)},
                                         {"is_thread_safe", given.is_thread_safe()},
                                         {"layers", json_of(given.layers())}};
        std::cout << all.dump(2) << '\n';
        return;
    }
    table rows{{"layer", "value", "what it means"}};
    add_chain(rows, given.layers(), 0);
    std::cout << to_string(given) << "\n\n" << rows << "\nAs a whole it serves "
              << (given.is_thread_safe() ? "any number of threads" : "one thread at a time")
              << ".\n";
}

}  // namespace

void add_describe(CLI::App& to) {
    CLI::App& command =
        *to.add_subcommand("describe", "Tells what a strategy is made of, option by option");
    const auto asked = std::make_shared<describe_request>();
    command.add_option("text", asked->text, "The strategy")->required()->type_name("TEXT");
    command.add_flag("--json", asked->json, "Print JSON");
    command.footer("Example: strata describe \"stats > pool(first_chunk=64KiB) > heap\"");
    command.callback([asked] { print_tree(*asked); });
}

}  // namespace strata::tool
