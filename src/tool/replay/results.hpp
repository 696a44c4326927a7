// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_RESULTS_HPP
#define STRATA_TOOL_REPLAY_RESULTS_HPP

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tool/replay/contender.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/replay/outcome.hpp"
#include "tool/replay/planner.hpp"
#include "tool/trace/event_source.hpp"

// What `strata replay` measured, and how it is told.
namespace strata::tool::replay {

struct ratio {
    double median = 0;
    double spread = 0;  ///< half of the distance between the quartiles
    /// Between these is what the median of very many rounds would be. It is below the one, or above
    /// the other, by luck alone in at most one case of 100 each. Fewer than 7 rounds tell nothing.
    double at_least = 0;
    double at_most = std::numeric_limits<double>::infinity();
};

struct result {
    contender who;
    std::vector<outcome> rounds;
    outcome watched;  ///< of the run in which each call was timed, and no time was taken

    [[nodiscard]] const std::string& problem() const;
};

struct results {
    trace::trace_info of;
    plan plays;
    settings asked;
    std::vector<result> all;  ///< the first is glibc, the last nobody

    /// Nanoseconds of each round, without what the driver itself takes in the same round.
    [[nodiscard]] std::vector<double> times(const result& of) const;
    /// To glibc in the same round; null if that cannot be measured.
    [[nodiscard]] std::optional<ratio> to_glibc(const result& of) const;
    /// A figure of each round in which it is known.
    [[nodiscard]] static std::vector<double> figures(const result& of, std::string_view figure);
    /// The median of a figure over the rounds; null if it is not known.
    [[nodiscard]] static std::optional<double> median(const result& of, std::string_view figure);
};

[[nodiscard]] double median_of(std::vector<double> values);
/// Of pairs of values, without pairs in which the base is 0; null if those are more than half.
[[nodiscard]] std::optional<ratio> ratio_of(const std::vector<double>& values,
                                            const std::vector<double>& base);

void print_text(std::ostream& to, const results& of);
void print_json(std::ostream& to, const results& of);

}  // namespace strata::tool::replay

#endif
