// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace example {
namespace {

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

std::string_view first_columns(std::string_view text, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t seen = 0; end != text.size(); ++end) {
        if (starts_character(text[end]) && seen++ == width) {
            break;
        }
    }
    return text.substr(0, end);
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

std::string fitted(std::string_view text, std::size_t width) {
    const std::size_t wide = columns(text);
    if (wide <= width) {
        return std::string{text} + std::string(width - wide, ' ');
    }
    return std::string{first_columns(text, width - 3)} + "...";
}

std::string right_aligned(std::string_view text, std::size_t width) {
    return std::string(width - std::min(width, columns(text)), ' ') + std::string{text};
}

std::string grouped(std::int64_t number) {
    const std::string digits = std::to_string(number);
    std::string shown;
    for (std::size_t i = 0; i != digits.size(); ++i) {
        const bool starts_group = i != 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-';
        shown += starts_group ? "," : "";
        shown += digits[i];
    }
    return shown;
}

std::string bar(double share, std::size_t width, bool utf8) {
    // In the smallest steps that the characters can show, and at least one of them.
    const std::size_t steps = utf8 ? 8 : 1;
    const double length = std::clamp(share, 0.0, 1.0) * static_cast<double>(width * steps);
    const std::size_t filled = std::max<std::size_t>(std::lround(length), 1);
    if (!utf8) {
        return std::string(filled, '#');
    }
    constexpr std::array eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    std::string blocks;
    for (std::size_t i = 0; i != filled / 8; ++i) {
        blocks += "█";
    }
    return blocks + eighths[filled % 8];
}

bool locale_is_utf8() {
    for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(variable);
        if (value != nullptr && *value != '\0') {
            std::string locale;
            for (const char byte : std::string_view{value}) {
                if (byte != '-') {
                    locale += static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
                }
            }
            return locale.find("utf8") != std::string::npos;
        }
    }
    return false;
}

}  // namespace example
