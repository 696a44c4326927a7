// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_TRIAL_HPP
#define STRATA_TOOL_TUNE_TRIAL_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/replay/results.hpp"
#include "tool/tune/race.hpp"

// What runs of the program itself showed.
namespace strata::tool::tune {

/// The program itself on the heap and on strategies.
struct trial {
    std::vector<std::string> command;
    race runs;  ///< one course
    std::size_t runs_a_round = 1;  ///< of each, of which the quickest counts

    [[nodiscard]] const replay::result& heap() const { return runs.by_course.front().all.front(); }
    /// The rounds on one of them. Null if it was not tried.
    [[nodiscard]] const replay::result* of(const std::string& contender) const;
    /// What is to be small over the heap's. Null if it was not tried, or the program failed on it.
    [[nodiscard]] std::optional<replay::ratio> of_heap(const std::string& contender) const;
    /// The median of a figure over its rounds. Null if it was not tried.
    [[nodiscard]] std::optional<double> median(const std::string& contender,
                                               std::string_view figure) const;
    /// Whether it was among those that the program ran on until the end.
    [[nodiscard]] bool is_whole(const std::string& contender) const;
};

}  // namespace strata::tool::tune

#endif
