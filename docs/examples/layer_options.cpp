// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// Prints the layers that a strategy text can name, with their options, as tables.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <strata/compose/layer_kind.hpp>

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) {
        list += (list.empty() ? "`" : ", `") + word + "`";
    }
    return list;
}

// A value as a text has it.
std::string value_text(const strata::option_value& value, strata::option_type type) {
    std::string text{'`'};
    text += strata::text_of(value, type);
    text += '`';
    return text;
}

bool is_beyond_all(std::uint64_t value) {
    return value >= std::uint64_t{1} << 61;
}

std::string range(const strata::option_kind& option) {
    const std::string least = value_text(option.least, option.type);
    const std::string most = value_text(option.most, option.type);
    if (is_beyond_all(option.most)) {
        return option.least == 0 ? "" : ", at least " + least;
    }
    return option.least == 0 ? ", at most " + most : ", " + least + " to " + most;
}

std::string values(const strata::option_kind& option) {
    using enum strata::option_type;
    switch (option.type) {
        case flag:
            return "`true`, `false`";
        case word:
            return !option.words.empty()
                       ? joined(option.words)
                       : "a word of at most " + std::to_string(option.most) + " characters";
        case name:
            return "a name of at most " + std::to_string(strata::label::longest) + " characters";
        case factor:
            return "a number, " + value_text(option.least, count) + " to `1000000`";
        case size:
        case count:
            return (option.type == size ? "bytes" : "a count") + range(option);
    }
    return "";
}

std::string usual(const strata::option_kind& option) {
    if (!option.otherwise) {
        return "none";
    }
    const auto* const whole = std::get_if<std::uint64_t>(&*option.otherwise);
    return whole != nullptr && is_beyond_all(*whole)
               ? "no limit"
               : value_text(*option.otherwise, option.type);
}

// The layer as a text has it, with the defaults, and dots where there is none.
std::string text_of(const strata::layer_kind& kind) {
    std::string arguments;
    const auto add = [&](const std::string& argument) {
        arguments += (arguments.empty() ? "" : ", ") + argument;
    };
    for (const strata::option_kind& option : kind.options) {
        if (option.type == strata::option_type::name) {
            continue;
        }
        if (option.positional) {
            std::string value = option.name;
            std::ranges::transform(value, value.begin(),
                                   [](unsigned char c) { return std::toupper(c); });
            add(value + (option.repeated ? ", ..." : ""));
        } else {
            const bool has_usual = option.otherwise && usual(option) != "no limit";
            add(option.name + "=" +
                (has_usual ? strata::text_of(*option.otherwise, option.type) : "..."));
        }
    }
    if (kind.shape == strata::layer_shape::branches) {
        add("A, B, ...");
    }
    return arguments.empty() ? kind.name : kind.name + "(" + arguments + ")";
}

std::string draws_from(const strata::layer_kind& kind) {
    switch (kind.shape) {
        case strata::layer_shape::source:
            return kind.name == "fixed_buffer" ? "nothing: its buffer is a block of the heap"
                                               : "nothing";
        case strata::layer_shape::adaptor:
            return "the next layer";
        case strata::layer_shape::branches:
            return "its 2 to 8 strategies";
    }
    return "";
}

}  // namespace

int main() {
    for (const strata::layer_kind& kind : strata::layers()) {
        std::cout << "## " << kind.name << "\n\nIn a text: `" << text_of(kind) << "`; draws from "
                  << draws_from(kind) << ".\n\n";
        // Every kind has a name as its last option, which the page says once.
        const std::size_t shown = kind.options.size() - 1;
        if (shown != 0) {
            std::cout << "| Option | Values | Default | What it does |\n|---|---|---|---|\n";
        }
        for (const strata::option_kind& option : std::span{kind.options}.first(shown)) {
            std::cout << "| `" << option.name << "`"
                      << (option.positional ? ", without its name" : "") << " | " << values(option)
                      << " | " << usual(option) << " | " << option.what
                      << (option.zero.empty() ? "" : "; 0: " + option.zero) << " |\n";
        }
        std::cout << "\n";
    }
}
