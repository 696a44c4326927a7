// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <iterator>

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

std::unordered_set<std::uint32_t> trigrams_of(std::string_view name) {
    std::unordered_set<std::uint32_t> trigrams;
    std::uint32_t last_three = ' ' << 8 | ' ';
    const auto add = [&](char byte) {
        last_three = (last_three << 8 | static_cast<unsigned char>(lowered(byte))) & 0xFFFFFF;
        trigrams.insert(last_three);
    };
    std::for_each(name.begin(), name.end(), add);
    add(' ');
    return trigrams;
}

std::size_t likeness(const std::unordered_set<std::uint32_t>& one,
                     const std::unordered_set<std::uint32_t>& other) {
    const auto common = static_cast<std::size_t>(
        std::count_if(other.begin(), other.end(),
                      [&](std::uint32_t trigram) { return one.find(trigram) != one.end(); }));
    return 2000 * common / (one.size() + other.size());
}

std::uint64_t checksum_of(std::string_view text) {
    std::uint64_t value = 0xcbf29ce484222325;
    for (const char byte : text) {
        value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    }
    return value;
}

}  // namespace atlas
