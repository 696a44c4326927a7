// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_STRATEGY_LIST_HPP
#define STRATA_TESTING_STRATEGY_LIST_HPP

#include <string>
#include <string_view>
#include <vector>

#include <strata/detail/same_containers.hpp>

namespace strata {

/// The texts between the semicolons of a list, without blanks around them; empty ones are left out.
/// Semicolons in parentheses do not split.
[[nodiscard]] std::vector<std::string> split_strategies(std::string_view list);

/// The strategies to run a test with: those of the environment variable if it is set and not empty,
/// otherwise those given. So a failing one can be run alone without recompiling:
///
///     STRATA_STRATEGY='pool > arena' ./index_test
///
/// Errors: `std::invalid_argument` if there are none: the test would pass without having run.
[[nodiscard]] std::vector<std::string> strategies_under_test(
    std::string_view list, const char* variable = "STRATA_STRATEGY");

}  // namespace strata

#endif
