// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <algorithm>
#include <string>

#include <strata/compose/layer_kind.hpp>
#include <strata/core/label.hpp>
#include <strata/detail/text.hpp>

namespace strata {
namespace {

std::string in(std::string_view quotes, std::string_view text) {
    return std::string{quotes}.append(text).append(quotes);
}

// Larger than any memory: such a bound is none.
bool is_beyond_all(std::uint64_t value) {
    return value >= std::uint64_t{1} << 61;
}

std::string range(const option_kind& of, std::string_view quotes) {
    const std::string least = in(quotes, text_of(of.least, of.type));
    const std::string most = in(quotes, text_of(of.most, of.type));
    if (is_beyond_all(of.most)) {
        return of.least == 0 ? "" : ", at least " + least;
    }
    return of.least == 0 ? ", at most " + most : ", " + least + " to " + most;
}

std::string list(const std::vector<std::string>& words, std::string_view quotes) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + in(quotes, word);
    }
    return text;
}

bool is_unlimited(const option_kind& of) {
    const auto* const whole = of.otherwise ? std::get_if<std::uint64_t>(&*of.otherwise) : nullptr;
    return whole != nullptr && is_beyond_all(*whole);
}

std::string argument(const option_kind& of) {
    if (of.positional) {
        std::string value = of.name;
        std::ranges::transform(value, value.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        return value + (of.repeated ? ", ..." : "");
    }
    const bool has_usual = of.otherwise && !is_unlimited(of);
    return of.name + "=" + (has_usual ? text_of(*of.otherwise, of.type) : "...");
}

}  // namespace

std::string values_in_words(const option_kind& of, std::string_view quotes) {
    using enum option_type;
    switch (of.type) {
        case flag:
            return list({"true", "false"}, quotes);
        case word:
            return of.words.empty()
                       ? "a word of at most " + detail::decimal(of.most) + " characters"
                       : list(of.words, quotes);
        case name:
            return "a name of at most " + detail::decimal(label::longest) + " characters";
        case path:
            return "a path of at most " + detail::decimal(of.most) + " bytes";
        case factor:
            return "a number, " + in(quotes, text_of(of.least, count)) + " to " +
                   in(quotes, "1000000");
        case size:
            return "bytes" + range(of, quotes) +
                   (of.may_be_auto ? ", or " + in(quotes, "auto") : "");
        case count:
            return "a count" + range(of, quotes);
    }
    return "";
}

std::string default_in_words(const option_kind& of, std::string_view quotes) {
    if (!of.otherwise) {
        return "none";
    }
    return is_unlimited(of) ? "no limit" : in(quotes, text_of(*of.otherwise, of.type));
}

std::string template_of(const layer_kind& of) {
    std::string arguments;
    const auto add = [&](const std::string& each) {
        arguments += (arguments.empty() ? "" : ", ") + each;
    };
    for (const option_kind& option : of.options) {
        if (option.type != option_type::name) {
            add(argument(option));
        }
    }
    if (of.shape == layer_shape::branches) {
        add("A, B, ...");
    }
    return arguments.empty() ? of.name : of.name + "(" + arguments + ")";
}

}  // namespace strata
