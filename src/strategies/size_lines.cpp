// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "size_lines.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata::detail {
namespace {

constexpr std::size_t from_then_on_one_is_unusual = 8;
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 61;
constexpr std::string_view comment =
    "# Sizes that strata has learnt: a name, and the bytes that its last rounds needed.\n";

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r';
}

// A line of the file, read from its begin to its end.
class line_reader {
public:
    explicit line_reader(std::string_view line) noexcept : rest_{line} { skip_spaces(); }

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] bool is_comment() const noexcept { return rest_.starts_with('#'); }

    [[nodiscard]] bool take_name(std::string_view& name) noexcept {
        const bool is_quoted = rest_.starts_with('"');
        rest_.remove_prefix(is_quoted ? 1 : 0);
        name = take_while(is_quoted ? is_of_label : is_of_plain_name);
        if (is_quoted != rest_.starts_with('"') || (name.empty() && !is_quoted)) {
            return false;
        }
        rest_.remove_prefix(is_quoted ? 1 : 0);
        return ends_with_space() && label::is_valid(name);
    }

    [[nodiscard]] bool take_size(std::uint64_t& bytes) noexcept {
        const char* const end = rest_.data() + rest_.size();
        const auto [after, error] = std::from_chars(rest_.data(), end, bytes);
        rest_ = {after, static_cast<std::size_t>(end - after)};
        return error == std::errc{} && bytes <= most_bytes && ends_with_space();
    }

private:
    std::string_view take_while(bool (*belongs)(char)) noexcept {
        const auto end = std::ranges::find_if_not(rest_, belongs);
        const std::string_view taken{rest_.data(), static_cast<std::size_t>(end - rest_.begin())};
        rest_.remove_prefix(taken.size());
        return taken;
    }
    bool ends_with_space() noexcept {
        const bool is_whole = rest_.empty() || is_space(rest_.front());
        skip_spaces();
        return is_whole;
    }
    void skip_spaces() noexcept { (void)take_while(is_space); }

    std::string_view rest_;
};

[[noreturn]] void refuse_line(std::string_view path, std::size_t line, const std::string& why) {
    raise_error(
        std::runtime_error{"strata: " + quoted(path) + ", line " + decimal(line) + ": " + why});
}

}  // namespace

void rounds::add(std::uint64_t needed) noexcept {
    if (count == bytes.size()) {
        std::shift_left(bytes.begin(), bytes.end(), 1);
        --count;
    }
    bytes[count++] = std::min(needed, most_bytes);  // else the file could not be read again
    ++unsaved;
}

std::uint64_t rounds::usual() const noexcept {
    auto sorted = bytes;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count);
    std::sort(sorted.begin(), end);
    return count < from_then_on_one_is_unusual ? sorted[count - 1] : sorted[count - 2];
}

rounds_by_name parse_sizes(std::string_view text, std::string_view path) {
    rounds_by_name all;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        line_reader line{text.substr(0, end)};
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.at_end() || line.is_comment()) {
            continue;
        }
        std::string_view name;
        if (!line.take_name(name) || line.at_end()) {
            refuse_line(path, number, "expected a name and its sizes, such as requests 4096 5000");
        }
        rounds of;
        for (; !line.at_end(); ++of.count) {
            if (of.count == of.bytes.size()) {
                refuse_line(path, number, "expected at most " + decimal(of.count) + " sizes");
            }
            if (!line.take_size(of.bytes[of.count])) {
                refuse_line(path, number, "expected sizes in bytes, such as 4096 5000");
            }
        }
        if (all.size() == size_profile::most_names) {
            refuse_line(path, number, "expected at most " + decimal(all.size()) + " names");
        }
        if (!all.emplace(name, of).second) {
            refuse_line(path, number, "expected " + quoted(name) + " only once");
        }
    }
    return all;
}

std::string text_of(const rounds_by_name& all) {
    std::string text{comment};
    for (const auto& [name, of] : all) {
        const bool is_plain = !name.empty() && std::ranges::all_of(name, is_of_plain_name);
        const char* const quotes = is_plain ? "" : "\"";
        text.append(quotes).append(name).append(quotes);
        for (std::size_t i = 0; i != of.count; ++i) {
            text.append(" ").append(decimal(of.bytes[i]));
        }
        text.append("\n");
    }
    return text;
}

}  // namespace strata::detail
