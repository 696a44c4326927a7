// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/words.hpp"

#include <cstddef>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

namespace strata::tool::trace {

std::string grouped(std::uint64_t number) {
    const std::string digits = detail::decimal(number);
    std::string text;
    for (std::size_t i = 0; i != digits.size(); ++i) {
        if (i != 0 && (digits.size() - i) % 3 == 0) {
            text += ',';
        }
        text += digits[i];
    }
    return text;
}

std::string many(std::uint64_t count, const std::string& of) {
    return grouped(count) + " " + of + (count == 1 ? "" : "s");
}

std::string percent_of(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) {
        return "-";
    }
    const double exact = static_cast<double>(part) / static_cast<double>(whole);
    return part != 0 && exact < 0.0005 ? "<0.1 %" : percent(exact, 1);
}

std::string sample_of(std::uint64_t distance) {
    return "a sample: one allocation in about " + format_bytes(static_cast<std::int64_t>(distance));
}

}  // namespace strata::tool::trace
