// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/html.hpp"

#include <array>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

namespace strata::tool::report {

std::string shown_name(std::string_view name, std::size_t most) {
    const bool is_long = name.size() > most;
    std::size_t end = is_long ? most : name.size();
    // Not within a character.
    while (is_long && end != 0 && most - end < 4 && (name[end] & 0xC0) == 0x80) {
        --end;
    }
    std::string text = detail::printable(name.substr(0, end));
    return is_long ? text.append("...") : text;
}

std::string html_text(std::string_view text) {
    std::string all;
    all.reserve(text.size());
    for (const char each : text) {
        switch (each) {
            case '&':
                all += "&amp;";
                break;
            case '<':
                all += "&lt;";
                break;
            case '>':
                all += "&gt;";
                break;
            case '"':
                all += "&quot;";
                break;
            case '\'':
                all += "&#39;";
                break;
            default:
                all += each;
        }
    }
    return all;
}

std::string html_name(std::string_view name, std::size_t most) {
    return html_text(shown_name(name, most));
}

std::string json_in_html(std::string json) {
    for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
        json.replace(at, 1, "\\u003c");
    }
    return json;
}

std::string bytes_text(std::uint64_t bytes) {
    return format_bytes(static_cast<std::int64_t>(bytes));
}

std::string power_text(std::uint64_t number) {
    constexpr std::array units{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    std::size_t unit = 0;
    for (; number >= 1024; number /= 1024) {
        ++unit;
    }
    return detail::decimal(number).append(units[unit]);
}

std::string time_text(std::uint64_t microseconds) {
    const auto number = static_cast<double>(microseconds);
    return microseconds < 1'000'000 ? detail::decimal(number / 1e3, 3).append(" ms")
                                    : detail::decimal(number / 1e6, 3).append(" s");
}

std::string short_time_text(std::uint64_t microseconds) {
    const auto number = static_cast<double>(microseconds);
    return microseconds < 1'000'000 ? detail::decimal(number / 1e3).append(" ms")
                                    : detail::decimal(number / 1e6).append(" s");
}

}  // namespace strata::tool::report
