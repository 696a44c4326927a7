// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/candidates.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <string_view>

#include <strata/compose/layer_kind.hpp>
#include <strata/compose/strategy.hpp>
#include <strata/detail/text.hpp>

#include "tool/replay/driver/settings.hpp"

namespace strata::tool::tune {
namespace {

using layer = strategy::layer;

layer_kind kind_of(std::string_view name) {
    const auto all = layers();
    return *std::ranges::find(all, name, &layer_kind::name);
}

std::string size_text(std::uint64_t bytes) {
    return text_of(option_value{bytes}, option_type::size);
}

// --- compositions -------------------------------------------------------------------------------

// An arena keeps all that it ever served: with more than so many times the peak, it is no choice.
constexpr double most_turnover = 4;

std::uint64_t power_of_two_from(std::uint64_t bytes, std::uint64_t least, std::uint64_t most) {
    return std::bit_ceil(std::clamp(bytes, least, most));
}

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

// It has its capacity from the start. On a littered heap, the litter is in there too. What is live
// takes up to twice its bytes: sizes are rounded up to 16 bytes, a whole program's blocks have
// headers, there are gaps, and bits beside the blocks. More costs addresses, but no memory.
std::string bounded_time_for(const workload& of) {
    const std::uint64_t capacity =
        std::bit_ceil(replay::bytes_of_litter(of.most_live) +
                      2 * std::min(of.most_live, replay::most_bytes_that_can_be_live));
    const std::string one = "bounded_time(capacity=" + size_text(capacity) + ")";
    return of.needs_threads ? "synchronized > " + one : one;
}

// --- variations ---------------------------------------------------------------------------------

bool is_source(const layer& of) {
    return kind_of(of.name).shape == layer_shape::source;
}

bool has_branches(const strategy::layers_type& layers) {
    return std::ranges::any_of(layers, [](const layer& each) { return !each.branches.empty(); });
}

std::vector<option_value> values_worth_trying(const option_kind& option) {
    std::vector<option_value> values;
    const worth_trying& tries = option.tries;
    if (tries.times < 2) {
        return values;
    }
    for (std::uint64_t next = tries.first; next <= tries.last; next *= tries.times) {
        if (next >= option.least && next <= option.most) {
            values.emplace_back(next);
        }
    }
    return values;
}

std::string text_of_layer(const layer& of) {
    const layer_kind kind = kind_of(of.name);
    std::string options;
    for (const layer_option& given : of.options) {
        const option_kind& option =
            *std::ranges::find(kind.options, given.name, &option_kind::name);
        options += options.empty() ? "(" : ", ";
        options += option.positional ? "" : option.name + "=";
        options += text_of(given.value, option.type);
    }
    return of.name + (options.empty() ? "" : options + ")");
}

std::string text_of_layers(const strategy::layers_type& all) {
    std::string text;
    for (const layer& each : all) {
        text += text.empty() ? "" : " > ";
        text += text_of_layer(each);
    }
    return text;
}

// In the usual form; empty if the options do not go together.
std::string usual_form(const std::string& text) {
    try {
        return to_string(strategy::parse(text));
    } catch (const strategy_error&) {
        return {};
    }
}

// --- C++ ----------------------------------------------------------------------------------------

std::optional<std::string> cpp_of_value(const option_value& value, option_type type) {
    if (type == option_type::size && std::holds_alternative<std::string>(value)) {
        return "strata::auto_size";
    }
    if (const auto* const number = std::get_if<std::uint64_t>(&value)) {
        return detail::decimal(*number);
    }
    if (const auto* const factor = std::get_if<double>(&value)) {
        return detail::decimal(*factor, 3);
    }
    if (const auto* const flag = std::get_if<bool>(&value)) {
        return *flag ? "true" : "false";
    }
    return std::nullopt;
}

std::optional<std::string> cpp_of_layer(const layer& of) {
    const layer_kind kind = kind_of(of.name);
    std::string members;
    for (const layer_option& given : of.options) {
        const option_kind& option =
            *std::ranges::find(kind.options, given.name, &option_kind::name);
        const auto value = cpp_of_value(given.value, option.type);
        if (!value) {
            return std::nullopt;
        }
        members += members.empty() ? "." : ", .";
        members += given.name + " = " + *value;
    }
    return "strata::" + of.name + "{" + members + "}";
}

std::optional<std::string> cpp_of_layers(const strategy::layers_type& all) {
    std::string members;
    for (const layer& each : all) {
        const auto one = each.branches.empty() ? cpp_of_layer(each) : std::nullopt;
        if (!one) {
            return std::nullopt;
        }
        members += (members.empty() ? "" : ", ") + *one;
    }
    return members;
}

}  // namespace

compositions compositions_for(const workload& of) {
    compositions made;
    const std::string chunk = size_text(power_of_two_from(of.most_live, 65536, 64 * mebibyte));
    if (of.needs_threads) {
        made.tried = {"concurrent_pool",
                      "concurrent_pool(first_chunk=" + chunk + ", largest_chunk=64MiB)",
                      "concurrent_pool > pages(reserve=64GiB)", "synchronized > pool",
                      "segregator(1KiB, concurrent_pool, heap)"};
    } else {
        made.tried = {"pool",
                      "pool(first_chunk=" + chunk + ", largest_chunk=64MiB)",
                      "pool > arena(first_chunk=" + chunk + ")",
                      "pool > pages(reserve=64GiB)",
                      "concurrent_pool",
                      "segregator(1KiB, pool, heap)"};
    }
    const std::string arena = of.needs_threads ? "concurrent_arena" : "arena";
    if (of.turnover <= most_turnover) {
        made.tried.insert(made.tried.end(), {arena, arena + "(first_chunk=" + chunk + ")",
                                             arena + "(first_chunk=" + chunk + ") > pages"});
    } else {
        made.not_tried.push_back({arena, "it keeps all that was allocated, " +
                                             detail::decimal(of.turnover, 0) +
                                             " times the most that was live"});
    }
    if (of.bounds_calls && of.one_thread) {
        made.tried.push_back(bounded_time_for(of));
    }
    for (std::string& each : made.tried) {
        each = usual_form(each);
    }
    std::erase(made.tried, "");
    return made;
}

std::vector<std::string> variations_of(const std::string& text) {
    std::vector<std::string> all;
    const strategy whole = strategy::parse(text);
    if (has_branches(whole.layers())) {
        return all;
    }
    const std::string usual = to_string(whole);
    for (std::size_t i = 0; i != whole.layers().size(); ++i) {
        for (const option_kind& option : kind_of(whole.layers()[i].name).options) {
            for (const option_value& value : values_worth_trying(option)) {
                strategy::layers_type changed = whole.layers();
                std::erase_if(changed[i].options,
                              [&](const layer_option& given) { return given.name == option.name; });
                if (option.otherwise != value) {
                    changed[i].options.push_back({option.name, value});
                }
                const std::string made = usual_form(text_of_layers(changed));
                if (!made.empty() && made != usual && std::ranges::find(all, made) == all.end()) {
                    all.push_back(made);
                }
            }
        }
    }
    return all;
}

std::string without_options(const std::string& text) {
    strategy::layers_type bare = strategy::parse(text).layers();
    if (has_branches(bare)) {
        return {};
    }
    for (layer& each : bare) {
        each.options.clear();
    }
    return usual_form(text_of_layers(bare));
}

std::string cpp_of(const std::string& text) {
    const strategy whole = strategy::parse(text);
    const auto members = cpp_of_layers(whole.layers());
    if (!members) {
        return "strata::strategy::parse(" + detail::quoted(text) + ").build()";
    }
    // Without a source, a stack would end on what the program makes the default resource.
    return "strata::stack{" + *members +
           (is_source(whole.layers().back()) ? "}" : ", strata::heap{}}");
}

}  // namespace strata::tool::tune
