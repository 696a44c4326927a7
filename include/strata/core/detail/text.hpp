// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_TEXT_HPP
#define STRATA_CORE_DETAIL_TEXT_HPP

#include <concepts>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// How numbers and names become text, and back: every table, message, JSON text and strategy text of
// the library goes through here. The text is the same in every locale, and what is not printable in
// a name is escaped. tests/docs/one_way_to_text.sh finds what goes another way.
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

/// A number without an exponent: with so many decimals, or as few as tell it from all others.
[[nodiscard]] std::string decimal(double number, int decimals);
[[nodiscard]] std::string decimal(double number);

/// The number that a text is, of digits and at most one point; empty where it is anything else.
[[nodiscard]] std::optional<double> decimal_in(std::string_view text);

/// What `printf` makes of whole numbers, addresses and texts. Not for fractions, whose point
/// `printf` takes from the locale.
[[nodiscard, gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);

/// A name as a message or a table shows it, on one line: control characters, what is not UTF-8 and
/// what would turn the direction of the text are written as `\n` or `\x1B`, a backslash twice.
[[nodiscard]] std::string printable(std::string_view name);
/// The same in quotation marks.
[[nodiscard]] std::string quoted(std::string_view name);
/// The same as a JSON string: the escapes are JSON's, and what is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_string(std::string_view name);

/// How many columns a terminal needs for a text.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// Text in a buffer of the caller's, for where there may be no memory. It always ends with a zero;
/// what does not fit is left out.
class text_writer {
public:
    /// The buffer has room for the zero at least.
    explicit text_writer(std::span<char> room) noexcept : room_{room} { room_[0] = '\0'; }

    /// As `formatted`.
    [[gnu::format(printf, 2, 3)]] text_writer& print(const char* format, ...) noexcept;
    [[gnu::format(printf, 2, 0)]] text_writer& vprint(const char* format,
                                                      std::va_list arguments) noexcept;
    text_writer& write(std::string_view text) noexcept;
    /// As the functions of these names; at most so many bytes of it, and then "...".
    text_writer& printable(std::string_view name, std::size_t most = longest_name) noexcept;
    text_writer& quoted(std::string_view name, std::size_t most = longest_name) noexcept;

    [[nodiscard]] std::string_view text() const noexcept { return {room_.data(), used_}; }

    /// Of a name in a message there is so much, in bytes: it has to say more than that.
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
/// Writes just the text there.
void say_as_is(std::string_view text) noexcept;

}  // namespace strata::detail

#endif
