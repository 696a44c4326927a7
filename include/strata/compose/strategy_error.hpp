// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_STRATEGY_ERROR_HPP
#define STRATA_COMPOSE_STRATEGY_ERROR_HPP

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace strata {

/// Thrown for a text that is not a strategy. `what()` says what is wrong and what was expected,
/// quotes the text (or the part of a long one that matters) and marks the column:
///
///     strategy: there is no layer "poool"; did you mean "pool"?
///       stats > poool > arena
///               ^
class strategy_error : public std::invalid_argument {
public:
    strategy_error(std::string_view text, std::size_t column, std::string_view problem);

    /// The position of the error, in bytes from the beginning of the text; the size of the text if
    /// it ends too early.
    [[nodiscard]] std::size_t column() const noexcept { return column_; }
    /// The first line of `what()`, without the quotation.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
    std::size_t column_;
    std::string problem_;
};

}  // namespace strata

#endif
