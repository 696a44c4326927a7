// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "layer_registry.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <strata/compose/described_layer.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/fork_gate.hpp>

namespace strata {
namespace {

struct registry {
    detail::call_mutex mutex;  // the map takes its nodes from operator new
    std::map<std::string, layer_kind, std::less<>> kinds;

    registry() {
        for (layer_kind& kind : detail::built_in_layers()) {
            kinds.emplace(kind.name, std::move(kind));
        }
    }
};

registry& the_registry() {
    // Never destroyed: strategies may be built while other statics end. Not a function-local
    // static: a fork could leave its guard locked in the child.
    static constinit detail::call_mutex making;
    static constinit registry* instance = nullptr;
    const std::lock_guard lock{making};
    if (instance == nullptr) {
        instance = new registry;
    }
    return *instance;
}

bool is_name(std::string_view text) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto rest = [&](char c) { return lower(c) || c == '_' || (c >= '0' && c <= '9'); };
    return !text.empty() && lower(text.front()) && std::ranges::all_of(text, rest);
}

}  // namespace

void* made_layer::find(detail::type_key wanted) const noexcept {
    return wanted == type_ ? object_ : const_cast<void*>(detail::part(*layer_, wanted));
}

void register_layer(layer_kind kind) {
    const auto refuse = [&](const char* why) {
        detail::raise_error(
            std::invalid_argument{"register_layer: " + detail::quoted(kind.name) + ": " + why});
    };
    if (!is_name(kind.name)) {
        refuse("a name has lower-case letters, digits and underscores and starts with a letter");
    }
    if (!kind.make) {
        refuse("there is no function that makes the resource");
    }
    for (const option_kind& option : kind.options) {
        if (!is_name(option.name)) {
            refuse("the names of options follow the same rule as those of layers");
        }
    }
    registry& all = the_registry();
    const std::lock_guard lock{all.mutex};
    if (all.kinds.contains(kind.name)) {
        refuse("the name is taken");
    }
    std::string name = kind.name;
    all.kinds.emplace(std::move(name), std::move(kind));
}

std::vector<layer_kind> layers() {
    registry& all = the_registry();
    const std::lock_guard lock{all.mutex};
    std::vector<layer_kind> kinds;
    for (const auto& [name, kind] : all.kinds) {
        kinds.push_back(kind);
    }
    return kinds;
}

namespace detail {

option_kind make_option_kind(const option_facts& facts, std::span<const std::string_view> words,
                             std::optional<option_value> otherwise) {
    return {.name = std::string{facts.name},
            .type = facts.type,
            .words = {words.begin(), words.end()},
            .least = facts.least,
            .most = facts.most,
            .otherwise = std::move(otherwise),
            .what = std::string{facts.what},
            .zero = std::string{facts.zero},
            .tries = facts.tries,
            .asks_below = facts.asks_below,
            .bounds_blocks = facts.bounds_blocks,
            .may_be_auto = facts.may_be_auto};
}

const layer_kind* find_layer_kind(std::string_view name) {
    registry& all = the_registry();
    const std::lock_guard lock{all.mutex};
    const auto found = all.kinds.find(name);
    return found == all.kinds.end() ? nullptr : &found->second;
}

std::vector<std::string> layer_kind_names() {
    std::vector<std::string> names;
    for (const layer_kind& kind : strata::layers()) {
        names.push_back(kind.name);
    }
    return names;
}

}  // namespace detail

// --- options ----------------------------------------------------------------------------------

const option_value* layer_options::find(std::string_view name) const {
    const auto found = std::ranges::find(given_, name, &layer_option::name);
    return found == given_.end() ? nullptr : &found->value;
}

template <class Value>
static Value value_or(const option_value* value, Value otherwise) {
    return value == nullptr ? std::move(otherwise) : std::get<Value>(*value);
}

std::size_t layer_options::number(std::string_view name, std::size_t otherwise) const {
    const option_value* const value = find(name);
    const bool is_auto = value != nullptr && std::holds_alternative<std::string>(*value);
    return is_auto ? auto_size : value_or<std::uint64_t>(value, otherwise);
}

double layer_options::factor(std::string_view name, double otherwise) const {
    return value_or(find(name), otherwise);
}

bool layer_options::flag(std::string_view name, bool otherwise) const {
    return value_or(find(name), otherwise);
}

std::string layer_options::word(std::string_view name, std::string_view otherwise) const {
    return value_or(find(name), std::string{otherwise});
}

std::vector<std::size_t> layer_options::numbers(std::string_view name) const {
    std::vector<std::size_t> values;
    for (const layer_option& option : given_) {
        if (option.name == name) {
            values.push_back(static_cast<std::size_t>(std::get<std::uint64_t>(option.value)));
        }
    }
    return values;
}

}  // namespace strata
