// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/byte_size.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>

namespace strata::tool {
namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 6> units{
    {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};

}  // namespace

std::optional<std::uint64_t> bytes_in(std::string_view text) {
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    const std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
    const auto* const known =
        std::ranges::find_if(units, [&](const auto& each) { return each.first == unit; });
    if (error != std::errc{} || known == units.end() ||
        count > std::numeric_limits<std::uint64_t>::max() >> known->second) {
        return std::nullopt;
    }
    return count << known->second;
}

CLI::Validator byte_size(std::uint64_t least, std::uint64_t most) {
    const auto read = [=](std::string& text) {
        const auto bytes = bytes_in(text);
        if (!bytes || *bytes < least || *bytes > most) {
            return "expected a size from " + format_bytes(static_cast<std::int64_t>(least)) +
                   " to " + format_bytes(static_cast<std::int64_t>(most)) +
                   ", such as 4096 or 64KiB, found " + detail::quoted(text);
        }
        text = detail::decimal(*bytes);
        return std::string{};
    };
    return CLI::Validator{read, "", "byte_size"};
}

}  // namespace strata::tool
