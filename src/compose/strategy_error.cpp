// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/compose/strategy_error.hpp>

#include <algorithm>

namespace strata {
namespace {

// The text around the column, always on one line, with a mark below.
std::string quotation(std::string_view text, std::size_t column) {
    constexpr std::size_t before = 40;
    constexpr std::size_t most = 70;
    const std::size_t begin = column > before ? column - before : 0;
    std::string quoted{text.substr(begin, most)};
    std::ranges::replace_if(quoted, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
    const std::string_view left_out = begin == 0 ? "" : "...";
    return "\n  " + std::string{left_out} + quoted + (begin + most < text.size() ? "..." : "") +
           "\n  " + std::string(left_out.size() + (column - begin), ' ') + "^";
}

}  // namespace

strategy_error::strategy_error(std::string_view text, std::size_t column, std::string_view problem)
    : std::invalid_argument{std::string{problem} + quotation(text, column)},
      column_{column},
      problem_{problem} {}

}  // namespace strata
