// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DETAIL_TEXT_HPP
#define STRATA_DETAIL_TEXT_HPP

#include <concepts>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Converts numbers and names to text, and text to numbers, for every table, message, JSON text and
// strategy text of the library. The text is the same in every locale, and characters of a name that
// are not printable are escaped. tests/docs/one_way_to_text.sh finds code that makes text in
// another way.
namespace strata::detail {

/// A whole number in decimal digits.
[[nodiscard]] std::string decimal_of(std::int64_t number);
[[nodiscard]] std::string decimal_of(std::uint64_t number);
[[nodiscard]] std::string decimal(std::signed_integral auto number) {
    return decimal_of(std::int64_t{number});
}
[[nodiscard]] std::string decimal(std::unsigned_integral auto number) {
    return decimal_of(std::uint64_t{number});
}

/// A number without an exponent: with the given count of decimals, or with as few as distinguish it
/// from every other `double`.
[[nodiscard]] std::string decimal(double number, int decimals);
[[nodiscard]] std::string decimal(double number);

/// The number in a text of digits and at most one point; empty for any other text.
[[nodiscard]] std::optional<double> decimal_in(std::string_view text);

/// Formats whole numbers, addresses and texts as `printf` does. Not for fractions: `printf` takes
/// their decimal point from the locale.
[[nodiscard, gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);

/// A name on one line, for messages and tables. Control characters, invalid UTF-8 and characters
/// that change the direction of text are escaped, as `\n` or `\x1B`; a backslash is doubled.
[[nodiscard]] std::string printable(std::string_view name);
/// The same in quotation marks.
[[nodiscard]] std::string quoted(std::string_view name);
/// The same as a JSON string: the escapes are JSON's, and invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_string(std::string_view name);

/// How many columns a terminal needs for a text.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// Writes text into the caller's buffer, for places that may have no memory. The text always ends
/// with a zero; the writer leaves out text that does not fit.
class text_writer {
public:
    /// The buffer must have room for the zero at least.
    explicit text_writer(std::span<char> room) noexcept : room_{room} { room_[0] = '\0'; }

    /// As `formatted`.
    [[gnu::format(printf, 2, 3)]] text_writer& print(const char* format, ...) noexcept;
    [[gnu::format(printf, 2, 0)]] text_writer& vprint(const char* format,
                                                      std::va_list arguments) noexcept;
    text_writer& write(std::string_view text) noexcept;
    /// As the functions of these names; writes at most `most` bytes of the name, and then "...".
    text_writer& printable(std::string_view name, std::size_t most = longest_name) noexcept;
    text_writer& quoted(std::string_view name, std::size_t most = longest_name) noexcept;

    [[nodiscard]] std::string_view text() const noexcept { return {room_.data(), used_}; }

    /// How many bytes of a name a message shows, so that room is left for the rest of the message.
    static constexpr std::size_t longest_name = 120;

private:
    void take(std::size_t wanted) noexcept;

    std::span<char> room_;
    std::size_t used_ = 0;
};

/// Writes a text to a stream as it is.
std::ostream& put(std::ostream& out, std::string_view text);

/// Writes "strata: ", or "strata: misuse: ", the message and the end of the line to standard error.
/// Safe in a signal handler, and on a small stack.
void say(std::string_view message) noexcept;
void say_misuse(std::string_view message) noexcept;
/// Writes the text alone to standard error.
void say_as_is(std::string_view text) noexcept;

}  // namespace strata::detail

#endif
