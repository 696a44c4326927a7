// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "options.hpp"

#include <charconv>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "documents.hpp"
#include "text.hpp"
#include "words.hpp"

namespace example {
namespace {

bool holds_a_word(std::string_view text) {
    return word_reader{text, std::pmr::get_default_resource()}.next();
}

std::optional<std::size_t> number(std::string_view text) {
    constexpr std::size_t most = 10'000;
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && value >= 1 && value <= most ? std::optional{value} : std::nullopt;
}

}  // namespace

const char* usage() {
    return "usage: word_index [--query WORDS]... [--rounds N] [--] [FILE]...\n"
           "\n"
           "Indexes the words of text files under several memory strategies, answers\n"
           "queries, and compares what the strategies cost.\n"
           "\n"
           "  --query WORDS  ask for the files that hold all these words; may be repeated\n"
           "  --rounds N     how often to time each strategy, 1 to 10000 (41)\n"
           "  --help         print this\n"
           "  FILE           a text file; by default all in /usr/share/common-licenses\n";
}

options parse_options(int count, const char* const* arguments) {
    options chosen;
    std::string problems;
    bool options_may_follow = true;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument{arguments[i]};
        if (!options_may_follow || argument.size() < 2 || argument.front() != '-') {
            chosen.paths.emplace_back(argument);
        } else if (argument == "--") {
            options_may_follow = false;
        } else if (argument == "--help") {
            chosen.help = true;
        } else if (argument == "--query" || argument == "--rounds") {
            const bool is_query = argument == "--query";
            const std::string expected = is_query ? "one word or more" : "a number from 1 to 10000";
            if (++i == count) {
                problems +=
                    std::string{argument} + " ends the line; expected " + expected + " after it\n";
                break;
            }
            const std::string_view value{arguments[i]};
            if (is_query && holds_a_word(value)) {
                chosen.queries.emplace_back(value);
            } else if (const auto rounds = number(value); !is_query && rounds) {
                chosen.rounds = *rounds;
            } else {
                problems += std::string{argument} + " has the value " + in_quotes(value) +
                            "; expected " + expected + "\n";
            }
        } else {
            problems += in_quotes(argument) + " is not an option of this program\n";
        }
    }
    if (!problems.empty()) {
        throw input_error{problems};
    }
    return chosen;
}

}  // namespace example
