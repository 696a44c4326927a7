// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_DESCRIBED_LAYER_HPP
#define STRATA_COMPOSE_DESCRIBED_LAYER_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <strata/compose/layer_kind.hpp>
#include <strata/core/label.hpp>
#include <strata/core/option_table.hpp>

namespace strata {

namespace detail {

template <class T>
inline constexpr bool is_optional = !std::same_as<T, without_optional<T>>;

// --- from a member to the value in a text, and back ---------------------------------------------

template <class Value>
[[nodiscard]] std::optional<option_value> as_option_value(const Value& value) {
    if constexpr (std::same_as<Value, label>) {
        return as_option_value(value.text());
    } else if constexpr (is_optional<Value>) {
        return value ? as_option_value(*value) : std::nullopt;
    } else if constexpr (std::same_as<Value, bool> || std::is_floating_point_v<Value>) {
        return value;
    } else if constexpr (std::same_as<Value, std::string_view>) {
        // A strategy text cannot have an empty value.
        return value.empty() ? std::nullopt : std::optional<option_value>{std::string{value}};
    } else if constexpr (std::is_enum_v<Value> && !std::same_as<Value, std::byte>) {
        return std::string{words_of<Value>.at(static_cast<std::size_t>(value))};
    } else {
        return static_cast<std::uint64_t>(value);
    }
}

/// A `std::string_view` refers to the text in the value.
template <class Value>
void assign(Value& to, const option_value& from) {
    if constexpr (is_optional<Value>) {
        assign(to.emplace(), from);
    } else if constexpr (std::same_as<Value, bool>) {
        to = std::get<bool>(from);
    } else if constexpr (std::is_floating_point_v<Value>) {
        to = static_cast<Value>(std::get<double>(from));
    } else if constexpr (std::same_as<Value, std::string_view> || std::same_as<Value, label>) {
        to = std::get<std::string>(from);
    } else if constexpr (std::is_enum_v<Value> && !std::same_as<Value, std::byte>) {
        std::size_t index = 0;
        while (words_of<Value>[index] != std::get<std::string>(from)) {
            ++index;
        }
        to = static_cast<Value>(index);
    } else if (std::holds_alternative<std::string>(from)) {
        to = static_cast<Value>(auto_size);  // the only word that an option of sizes takes
    } else {
        to = static_cast<Value>(std::get<std::uint64_t>(from));
    }
}

// --- from a table to the kind of layer ----------------------------------------------------------

[[nodiscard]] option_kind make_option_kind(const option_facts& facts,
                                           std::span<const std::string_view> words,
                                           std::optional<option_value> otherwise);

template <class Description, class Value>
[[nodiscard]] option_kind kind_of(const option<Description, Value>& of) {
    return make_option_kind(of.facts, words_of<typename option<Description, Value>::plain>,
                            as_option_value(Description{}.*of.member));
}

}  // namespace detail

/// The description with the options of a strategy text, and defaults for the others. Members of
/// type `std::string_view` refer to texts of `given`.
template <described_by_table Description>
[[nodiscard]] Description described_by(const layer_options& given) {
    Description description{};
    const auto take = [&](const auto& option) {
        if (const option_value* value = given.find(option.facts.name)) {
            detail::assign(description.*option.member, *value);
        }
    };
    std::apply([&](const auto&... each) { (take(each), ...); },
               detail::options_of<Description>());
    return description;
}

/// The kind of layer for a description.
template <described_by_table Description>
[[nodiscard]] layer_kind layer_kind_of() {
    using layer = typename Description::template resource_type<std::pmr::memory_resource>;
    layer_kind kind{.name = std::string{Description::layer_name},
                    .shape = Description::is_source ? layer_shape::source : layer_shape::adaptor};
    std::apply([&](const auto&... each) { (kind.options.push_back(detail::kind_of(each)), ...); },
               detail::options_of<Description>());
    if constexpr (requires { Description::only_from_below; }) {
        kind.only_from_below = Description::only_from_below;
    }
    kind.make = [](const layer_options& given, auto upstreams) -> made_layer {
        if constexpr (Description::is_source) {
            return made_layer{new layer(described_by<Description>(given))};
        } else {
            return made_layer{new layer(described_by<Description>(given), upstreams[0])};
        }
    };
    if constexpr (requires { &Description::contradiction; }) {
        kind.check = [](const layer_options& given, std::size_t /*branches*/) -> std::string {
            return described_by<Description>(given).contradiction();
        };
    }
    if constexpr (requires { &Description::threads; }) {
        kind.threads = [](const layer_options& given) {
            return described_by<Description>(given).threads();
        };
    }
    return kind;
}

/// Makes the layer of a description known to `strategy::parse`, until the end of the program: its
/// `layer_name`, and the options of its `option_table()`. If the description has a member function
/// `contradiction()`, that function checks the combination of the options: it returns the problem,
/// or an empty text. If it has a member function `threads()`, that says how many threads may use a
/// layer with these options at once; without that function, one may. The resource must copy the
/// texts of members of type `std::string_view`.
///
///     strata::register_layer<shelf>();
///     auto memory = strata::strategy::parse("stats > shelf(bytes=64KiB)").build();
///
/// Errors: as `register_layer` of a kind.
/// Threads: safe to call from any.
template <described_by_table Description>
void register_layer() {
    register_layer(layer_kind_of<Description>());
}

}  // namespace strata

#endif
