// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_LABEL_HPP
#define STRATA_CORE_LABEL_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

// clang 14 crashes on some descriptions of branches with several such calls in one.
#if defined(__clang__) && __clang_major__ < 15
#define STRATA_CONSTANT_LABEL constexpr
#else
#define STRATA_CONSTANT_LABEL consteval
#endif

namespace strata {

class label;

namespace detail {

/// Whether a character may stand in a label: every byte but control characters, quotation marks
/// and backslashes.
[[nodiscard]] constexpr bool is_of_label(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F && c != '"' && c != '\\';
}

/// Whether a character may stand in a label without quotation marks, in a strategy text.
[[nodiscard]] constexpr bool is_of_plain_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.';
}

/// The same for the path of a file.
[[nodiscard]] constexpr bool is_of_plain_path(char c) noexcept {
    return is_of_plain_name(c) || c == '/' || c == '+' || c == '~';
}

/// Throws `std::invalid_argument`. It is not `constexpr`, so the compiler refuses such a literal.
[[noreturn]] void refuse_label(std::string_view text);

template <class T>
concept text_of_label = std::convertible_to<const T&, std::string_view> && !std::is_array_v<T> &&
                        !std::same_as<T, label>;

}  // namespace detail

/// The name of one resource among others of its kind, given when it is made. Trees, messages and
/// reports show it: `pool "orders"`.
///
///     strata::stats_resource counted{strata::stats{.name = "orders"}, &upstream};
///     auto memory = strata::strategy::parse("stats(name=orders) > pool").build();
///
/// A value of 24 bytes without pointers. The text has at most 23 bytes, and no control characters,
/// quotation marks or backslashes. An empty label means that there is no name.
///
/// Errors: a literal that breaks these rules does not compile; any other such text throws
/// `std::invalid_argument`. With clang before 15 a literal throws too, unless it makes a constant.
/// Threads: a value.
class label {
public:
    /// The most bytes of a name.
    static constexpr std::size_t longest = 23;

    constexpr label() noexcept = default;
    /// From a literal.
    template <std::size_t Size>
    STRATA_CONSTANT_LABEL label(const char (&literal)[Size])
        : label{std::string_view{literal, Size - 1}} {}
    /// From a `std::string_view`, `std::string` or `const char*`.
    template <detail::text_of_label Text>
    constexpr label(const Text& text) {
        const std::string_view from{text};
        if (!is_valid(from)) {
            detail::refuse_label(from);
        }
        for (std::size_t i = 0; i != from.size(); ++i) {
            text_[i] = from[i];
        }
    }

    /// Whether a label can be made from a text.
    [[nodiscard]] static constexpr bool is_valid(std::string_view text) noexcept {
        if (text.size() > longest) {
            return false;
        }
        for (const char each : text) {
            if (!detail::is_of_label(each)) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return text_[0] == '\0'; }
    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_.data(); }

    friend constexpr bool operator==(const label&, const label&) = default;

private:
    std::array<char, longest + 1> text_{};
};

}  // namespace strata

#endif
