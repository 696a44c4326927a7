// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_OPTION_LIST_HPP
#define STRATA_CORE_OPTION_LIST_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <strata/core/label.hpp>
#include <strata/core/option_table.hpp>
#include <strata/detail/same_containers.hpp>
#include <strata/detail/size_units.hpp>
#include <strata/detail/text.hpp>

namespace strata {

namespace detail {

/// The value of an option as a strategy text has it: `4KiB`, `1.5`, `true`.
template <class Value>
[[nodiscard]] std::string option_text(const Value& value, option_type type) {
    if constexpr (std::is_same_v<Value, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_floating_point_v<Value>) {
        return decimal(double{value});
    } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
        const std::string_view text{value};
        bool is_plain = true;
        for (const char each : text) {
            is_plain = is_plain && is_of_plain_name(each);
        }
        return type == option_type::name && !is_plain ? '"' + std::string{text} + '"'
                                                      : std::string{text};
    } else if constexpr (std::is_enum_v<Value> && !std::is_same_v<Value, std::byte>) {
        // A copy: the variable itself would be unique in the process, and keep a plugin loaded.
        constexpr auto words = words_of<Value>;
        return std::string{words.at(static_cast<std::size_t>(value))};
    } else {
        const auto number = static_cast<std::uint64_t>(value);
        return type == option_type::size ? exact_size(number) : decimal(number);
    }
}

}  // namespace detail

/// Collects the options of a resource, in the words of a strategy text: `first_chunk=64KiB`.
///
///     void do_list_options(strata::option_list& to) const override { to.add(options_); }
class option_list {
public:
    /// Adds the options whose values differ from their defaults, in the order of the table.
    template <described_by_table Description>
    void add(const Description& given, const Description& usual = {}) {
        const auto add_one = [&](const auto& option) {
            if (given.*option.member != usual.*option.member) {
                add_value(option.facts, given.*option.member);
            }
        };
        std::apply([&](const auto&... each) { (add_one(each), ...); }, Description::option_table());
    }

    /// Adds one option. Without a name, the value stands alone, as in `fixed_buffer(4KiB)`.
    void add(std::string_view name, std::string_view value) {
        text_.append(text_.empty() ? "" : ", ");
        text_.append(name).append(name.empty() ? "" : "=").append(value);
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    template <class Value>
    void add_value(const option_facts& facts, const Value& value) {
        add(facts.name, detail::option_text(value, facts.type));
    }
    // A text has no word for an option without a value.
    template <class Value>
    void add_value(const option_facts& facts, const std::optional<Value>& value) {
        if (value) {
            add_value(facts, *value);
        }
    }

    std::string text_;
};

}  // namespace strata

#endif
