// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/detail/text.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <locale>
#include <ostream>
#include <sstream>

namespace strata::detail {
namespace {

// --- UTF-8 ------------------------------------------------------------------------------------

constexpr char32_t no_character = 0xFFFF'FFFF;

struct character {
    std::string_view bytes;
    char32_t code = no_character;  // kept for a byte that starts no valid character
};

bool continues(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// The first character of a text that is not empty.
character first_of(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80U) {
        return {text.substr(0, 1), lead};
    }
    const std::size_t length = lead < 0xC2U ? 0 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    if (length == 0 || lead > 0xF4U || text.size() < length) {
        return {text.substr(0, 1)};
    }
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i != length; ++i) {
        if (!continues(text[i])) {
            return {text.substr(0, 1)};
        }
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x1'0000};
    const bool is_surrogate = code >= 0xD800 && code < 0xE000;
    return code < least[length] || is_surrogate || code > 0x10'FFFF
               ? character{text.substr(0, 1)}
               : character{text.substr(0, length), code};
}

// Control characters, ends of lines and characters that change the direction of text.
bool is_printable(char32_t code) noexcept {
    return code != no_character && code >= ' ' && !(code >= 0x7F && code < 0xA0) &&
           !(code >= 0x200B && code <= 0x200F) && !(code >= 0x2028 && code <= 0x202E) &&
           !(code >= 0x2060 && code <= 0x206F) && code != 0xFEFF;
}

// --- escapes ----------------------------------------------------------------------------------

enum class medium { line, quotation, json };

// Calls `put` with the text in pieces, until `put` returns false.
template <class Put>
void escape(std::string_view text, medium to, Put put) {
    std::array<char, 32> room{};
    bool goes_on = true;
    while (goes_on && !text.empty()) {
        const character next = first_of(text);
        text.remove_prefix(next.bytes.size());
        text_writer escaped{room};
        if (next.code == '\n') {
            escaped.write("\\n");
        } else if (next.code == '\t') {
            escaped.write("\\t");
        } else if (next.code == '\r') {
            escaped.write("\\r");
        } else if (next.code == '\\' || (next.code == '"' && to != medium::line)) {
            escaped.write("\\").write(next.bytes);
        } else if (is_printable(next.code)) {
            escaped.write(next.bytes);
        } else if (to == medium::json) {  // none of those is beyond U+FFFF
            escaped.print("\\u%04X", static_cast<unsigned>(
                                         next.code == no_character ? 0xFFFDU : next.code));
        } else {
            for (const char byte : next.bytes) {
                escaped.print("\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
            }
        }
        goes_on = put(escaped.text());
    }
}

std::string escaped(std::string_view text, medium to) {
    std::string all;
    escape(text, to, [&](std::string_view piece) {
        all += piece;
        return true;
    });
    return all;
}

}  // namespace

std::string printable(std::string_view name) {
    return escaped(name, medium::line);
}

std::string quoted(std::string_view name) {
    return '"' + escaped(name, medium::quotation) + '"';
}

std::string json_string(std::string_view name) {
    return '"' + escaped(name, medium::json) + '"';
}

std::size_t columns_of(std::string_view text) noexcept {
    return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

// --- numbers ----------------------------------------------------------------------------------

namespace {

// The largest `double` without an exponent has some 310 characters.
template <class... Number>
std::string in_characters(Number... number) {
    std::array<char, 400> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number...).ptr};
}

}  // namespace

std::string decimal_of(std::int64_t number) {
    return in_characters(number);
}
std::string decimal_of(std::uint64_t number) {
    return in_characters(number);
}
std::string decimal(double number, int decimals) {
    return in_characters(number, std::chars_format::fixed, decimals);
}
std::string decimal(double number) {
    return in_characters(number, std::chars_format::fixed);
}

// Not every standard library has `std::from_chars` for fractions.
std::optional<double> decimal_in(std::string_view text) {
    const bool has_digits_alone = std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    std::istringstream in{std::string{text}};
    in.imbue(std::locale::classic());
    double value = 0;
    return has_digits_alone && in >> value && in.peek() == std::istringstream::traits_type::eof()
               ? std::optional{value}
               : std::nullopt;
}

// --- printf -----------------------------------------------------------------------------------

std::string formatted(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    std::va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, arguments);
    va_end(arguments);
    std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    std::vsnprintf(text.data(), text.size() + 1, format, again);
    va_end(again);
    return text;
}

// Removes an incomplete character at the end of a text that was cut off.
void text_writer::take(std::size_t wanted) noexcept {
    const std::size_t room = room_.size() - 1 - used_;
    used_ += std::min(wanted, room);
    if (wanted > room) {
        std::size_t lead = used_;
        while (lead != 0 && continues(room_[lead - 1])) {
            --lead;
        }
        lead -= lead != 0 ? 1 : 0;
        const std::string_view last{room_.data() + lead, used_ - lead};
        const bool is_whole = last.empty() || (first_of(last).bytes == last &&
                                               first_of(last).code != no_character);
        used_ = is_whole ? used_ : lead;
    }
    room_[used_] = '\0';
}

text_writer& text_writer::vprint(const char* format, std::va_list arguments) noexcept {
    const std::span<char> rest = room_.subspan(used_);
    const int length = std::vsnprintf(rest.data(), rest.size(), format, arguments);
    take(length > 0 ? static_cast<std::size_t>(length) : 0);
    return *this;
}

text_writer& text_writer::print(const char* format, ...) noexcept {
    std::va_list arguments;
    va_start(arguments, format);
    vprint(format, arguments);
    va_end(arguments);
    return *this;
}

text_writer& text_writer::write(std::string_view text) noexcept {
    const std::span<char> rest = room_.subspan(used_, room_.size() - 1 - used_);
    text.copy(rest.data(), rest.size());
    take(text.size());
    return *this;
}

namespace {

void write_escaped(text_writer& writer, std::string_view name, std::size_t most, medium to) {
    std::size_t written = 0;
    escape(name, to, [&](std::string_view piece) {
        written += piece.size();
        writer.write(written <= most ? piece : "...");
        return written <= most;
    });
}

}  // namespace

text_writer& text_writer::printable(std::string_view name, std::size_t most) noexcept {
    write_escaped(*this, name, most, medium::line);
    return *this;
}

text_writer& text_writer::quoted(std::string_view name, std::size_t most) noexcept {
    write("\"");
    write_escaped(*this, name, most, medium::quotation);
    return write("\"");
}

// --- where it goes ----------------------------------------------------------------------------

std::ostream& put(std::ostream& out, std::string_view text) {
    return out << text;
}

// Needs a few bytes of stack; `std::fprintf` takes 8 KiB.
void say_as_is(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void say(std::string_view message) noexcept {
    say_as_is("strata: ");
    say_as_is(message);
    say_as_is("\n");
}

void say_misuse(std::string_view message) noexcept {
    say_as_is("strata: misuse: ");
    say_as_is(message);
    say_as_is("\n");
}

}  // namespace strata::detail
