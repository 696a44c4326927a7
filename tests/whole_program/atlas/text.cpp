// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <iterator>
#include <vector>

namespace atlas {
namespace {

// Not std::isalnum and std::tolower: they depend on the locale.
bool is_upper(char byte) {
    return byte >= 'A' && byte <= 'Z';
}

bool is_of_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || is_upper(byte) || (byte >= '0' && byte <= '9') ||
           static_cast<unsigned char>(byte) >= 0x80;
}

char lowered(char byte) {
    return is_upper(byte) ? static_cast<char>(byte - 'A' + 'a') : byte;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    std::string shown = "'";
    for (const char byte : text) {
        if (std::iscntrl(static_cast<unsigned char>(byte)) != 0) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\x%02X", static_cast<unsigned>(byte));
            shown += escape.data();
        } else {
            shown += byte;
        }
    }
    return shown + "'";
}

std::set<std::string> words_of(std::string_view name) {
    std::set<std::string> words;
    for (auto position = name.begin();;) {
        const auto begin = std::find_if(position, name.end(), is_of_word);
        if (begin == name.end()) {
            return words;
        }
        position = std::find_if_not(begin, name.end(), is_of_word);
        std::string word;
        std::transform(begin, position, std::back_inserter(word), lowered);
        words.insert(std::move(word));
    }
}

std::set<std::string> trigrams_of(std::string_view name) {
    std::string text = " ";
    std::transform(name.begin(), name.end(), std::back_inserter(text), lowered);
    text += ' ';
    std::set<std::string> trigrams;
    for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
        trigrams.insert(text.substr(i, 3));
    }
    return trigrams;
}

std::size_t likeness(std::string_view one, std::string_view other) {
    const std::set<std::string> ones = trigrams_of(one);
    const std::set<std::string> others = trigrams_of(other);
    std::vector<std::string> common;
    std::set_intersection(ones.begin(), ones.end(), others.begin(), others.end(),
                          std::back_inserter(common));
    const std::size_t all = ones.size() + others.size();
    return all == 0 ? 0 : 2000 * common.size() / all;
}

std::uint64_t checksum_of(std::string_view text) {
    std::uint64_t value = 0xcbf29ce484222325;
    for (const char byte : text) {
        value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    }
    return value;
}

}  // namespace atlas
