// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_TEXT_HPP
#define WORD_INDEX_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace example {

// What reports and messages are made of. Widths are in columns: one for each character of UTF-8.

/// In quotes, with control characters shown as \xNN, so that no name can spoil a line.
std::string in_quotes(std::string_view text);

/// Exactly so wide: filled with spaces behind, or cut with "..." at its end.
std::string fitted(std::string_view text, std::size_t width);

/// At least so wide: filled with spaces in front.
std::string right_aligned(std::string_view text, std::size_t width);

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);

/// A bar that is `share` of so many columns long; of blocks in UTF-8, else of '#'.
std::string bar(double share, std::size_t width, bool utf8);

/// Whether the locale of the environment can show UTF-8.
bool locale_is_utf8();

}  // namespace example

#endif
