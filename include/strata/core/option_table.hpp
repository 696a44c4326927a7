// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_OPTION_TABLE_HPP
#define STRATA_CORE_OPTION_TABLE_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <strata/core/label.hpp>

namespace strata {

/// The value `auto` of a size that the program learns from earlier rounds: `first_chunk`.
inline constexpr std::size_t auto_size = std::numeric_limits<std::size_t>::max() - 1;

/// What an option takes in a strategy text.
enum class option_type {
    size,    ///< bytes, with or without a unit: `4096`, `4KiB`
    count,   ///< a whole number: `3`
    factor,  ///< a number: `1.5`
    flag,    ///< `true` or `false`
    word,    ///< one of the option's words; any word if it has none
    name,    ///< the name of a resource: `orders`, `"new orders"`
    path     ///< of a file: `/tmp/run.trace`, `"/tmp/my run.trace"`
};

/// Values for programs that search for good options: `first`, then each time `times` as much, up to
/// `last`. None if `times` is 0. For flags and words, all values are worth a try.
struct worth_trying {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t times = 0;

    friend constexpr bool operator==(const worth_trying&, const worth_trying&) = default;
};

/// What a description says about one of its options, besides the member and its default.
struct option_facts {
    std::string_view name;  ///< in strategy texts: lower-case letters, digits, underscores
    std::string_view what;  ///< what it does, in one line
    option_type type = option_type::size;  ///< for a whole number: `size` or `count`
    std::uint64_t least = 0;               ///< a smaller size, count or factor is refused
    /// A larger size, count or factor is refused, and so is a longer text. No factor is above
    /// 1000000.
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    /// What 0 means, in words: always "none of it". Empty if that is obvious. An option that needs
    /// at least 1 refuses 0 by its `least`. An option whose default is not a number is a
    /// `std::optional`.
    std::string_view zero = {};
    worth_trying tries = {};
    /// Whether the layer requests a block of this size from the layer below.
    bool asks_below = false;
    /// Whether the layer serves no larger block.
    bool bounds_blocks = false;
    /// Whether a size may also be `auto`: the member is then `auto_size`.
    bool may_be_auto = false;
};

/// The words of an enumeration in strategy texts, in the order of its values, from 0 on.
template <class Enumeration>
inline constexpr std::array<std::string_view, 0> words_of{};

namespace detail {

template <class T>
struct optional_value {
    using type = T;
};
template <class T>
struct optional_value<std::optional<T>> {
    using type = T;
};
template <class T>
using without_optional = typename optional_value<T>::type;

}  // namespace detail

/// An option of a description: a size or count, a factor, a flag, an enumeration with words, a
/// byte, or any text.
///
///     struct shelf {
///         std::size_t bytes = 4096;
///         bool sorted = false;
///
///         static constexpr std::string_view layer_name = "shelf";
///         static constexpr auto option_table() {
///             return std::tuple{
///                 strata::option{&shelf::bytes, {.name = "bytes", .what = "how much it holds"}},
///                 strata::option{&shelf::sorted, {.name = "sorted", .what = "by address"}}};
///         }
///     };
///
/// The default is the initial value of the member. The library derives from the table: the options
/// of strategy texts, their checks and messages, and `strata::layers()`. A member of type
/// `std::string_view` refers to the strategy: the resource copies the text in its constructor.
template <class Description, class Value>
struct option {
    /// The type of the value in a text; for a `std::optional` member, the type that it may hold.
    using plain = detail::without_optional<Value>;

    constexpr option(Value Description::*its_member, const option_facts& known)
        : member{its_member},
          facts{known} {
        if constexpr (std::same_as<plain, bool>) {
            facts.type = option_type::flag;
        } else if constexpr (std::is_floating_point_v<plain>) {
            facts.type = option_type::factor;
        } else if constexpr (std::same_as<plain, std::byte>) {
            facts.type = option_type::count;
            facts.most = 0xFF;
        } else if constexpr (std::same_as<plain, label>) {
            facts.type = option_type::name;
        } else if constexpr (std::is_integral_v<plain>) {
            static_assert(std::is_unsigned_v<plain>, "strata: an option is no negative number");
            const std::uint64_t highest = std::numeric_limits<plain>::max();
            facts.most = facts.most < highest ? facts.most : highest;
        } else {
            static_assert(std::same_as<plain, std::string_view> || !words_of<plain>.empty(),
                          "strata: an option is a number, a flag, a text or an enumeration for "
                          "which strata::words_of has the words");
            if (facts.type != option_type::path) {
                facts.type = option_type::word;
            }
        }
    }

    Value Description::*member;
    option_facts facts;  ///< with the type of the value, and its limits
};

/// The facts of the option `name`, the name that a description gives to its resource.
inline constexpr option_facts facts_of_name{
    .name = "name",
    .what = "tells the resource from others in trees, messages and reports",
    .type = option_type::name};

/// A description with a table of its options.
template <class T>
concept described_by_table = requires {
    { T::layer_name } -> std::convertible_to<std::string_view>;
    T::option_table();
};

namespace detail {

template <class T>
concept names_its_resource = std::same_as<decltype(T::name), label>;

/// The option table of a description. If the description has a member `label name`, the table ends
/// with a row for it.
template <described_by_table Description>
[[nodiscard]] constexpr auto options_of() {
    if constexpr (names_its_resource<Description>) {
        return std::tuple_cat(Description::option_table(),
                              std::tuple{option{&Description::name, facts_of_name}});
    } else {
        return Description::option_table();
    }
}

}  // namespace detail

}  // namespace strata

#endif
