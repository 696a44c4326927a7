// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_OPTION_LIST_HPP
#define STRATA_CORE_OPTION_LIST_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <strata/core/label.hpp>
#include <strata/core/option_table.hpp>

namespace strata {

/// Is given the options of a resource; `describe` makes text of them: `first_chunk=64KiB`.
///
///     void do_list_options(strata::option_list& to) const override { to.add(options_); }
///
/// What makes the text is not linked into a program that describes nothing.
class option_list {
public:
    option_list(const option_list&) = delete;
    option_list& operator=(const option_list&) = delete;

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
    void add(std::string_view name, std::string_view word) {
        add_text(name, word, option_type::word);
    }
    void add(std::string_view name, std::uint64_t number, option_type type) {
        add_number(name, number, type);
    }

protected:
    option_list() = default;
    ~option_list() = default;

private:
    template <class Value>
    void add_value(const option_facts& facts, const Value& value) {
        if constexpr (std::is_same_v<Value, bool>) {
            add_text(facts.name, value ? "true" : "false", facts.type);
        } else if constexpr (std::is_floating_point_v<Value>) {
            add_fraction(facts.name, value);
        } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
            add_text(facts.name, value, facts.type);
        } else if constexpr (std::is_enum_v<Value> && !std::is_same_v<Value, std::byte>) {
            // A copy: the variable itself would be unique in the process, and keep a plugin loaded.
            constexpr auto words = words_of<Value>;
            add_text(facts.name, words.at(static_cast<std::size_t>(value)), facts.type);
        } else if (facts.may_be_auto && static_cast<std::uint64_t>(value) == auto_size) {
            add_text(facts.name, "auto", option_type::word);
        } else {
            add_number(facts.name, static_cast<std::uint64_t>(value), facts.type);
        }
    }
    // A text has no word for an option without a value.
    template <class Value>
    void add_value(const option_facts& facts, const std::optional<Value>& value) {
        if (value) {
            add_value(facts, *value);
        }
    }

    virtual void add_text(std::string_view name, std::string_view value, option_type type) = 0;
    virtual void add_number(std::string_view name, std::uint64_t value, option_type type) = 0;
    virtual void add_fraction(std::string_view name, double value) = 0;
};

}  // namespace strata

#endif
