// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_EXPECT_STATS_HPP
#define STRATA_TESTING_EXPECT_STATS_HPP

#include <iosfwd>
#include <string>
#include <string_view>

#include <strata/adaptors/allocation_stats.hpp>
#include <strata/adaptors/stats_scope.hpp>

namespace strata {

/// The result of `expect_stats`: true where everything expected is so; printed, it says what is
/// not.
struct stats_expectation {
    std::string message = {};  ///< a line for each clause that does not hold

    [[nodiscard]] explicit operator bool() const noexcept { return message.empty(); }
};

std::ostream& operator<<(std::ostream& out, const stats_expectation& result);

/// Compares what was counted with a text: clauses of a name, an operator and a number, separated by
/// commas.
///
///     strata::stats_scope scope{memory};
///     parse(text);
///     BOOST_TEST(strata::expect_stats(scope, "blocks <= 3, bytes <= 1KiB, live = 0"));
///
/// Names: `live` or `live_bytes`, `live_blocks`, `peak` or `peak_bytes`, `peak_blocks`, `blocks` or
/// `allocations`, `bytes` or `allocated_bytes`, `deallocations`, `deallocated_bytes`, `failures`.
/// Operators: = == != < <= > >=. Numbers of bytes may have a unit: B, KiB, MiB, GiB, TiB.
/// Errors: `std::invalid_argument` for any other text, which it quotes with the column marked.
[[nodiscard]] stats_expectation expect_stats(const allocation_stats& actual,
                                             std::string_view expected);
[[nodiscard]] stats_expectation expect_stats(const stats_source& actual, std::string_view expected);
[[nodiscard]] stats_expectation expect_stats(const stats_scope& actual, std::string_view expected);

}  // namespace strata

#endif
