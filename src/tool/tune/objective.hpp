// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_OBJECTIVE_HPP
#define STRATA_TOOL_TUNE_OBJECTIVE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/replay/results.hpp"

// What is to be small.
namespace strata::tool::tune {

enum class figure : std::uint8_t {
    time,       ///< of the calls
    peak,       ///< resident memory
    waste,      ///< of that, what the program did not ask for
    worst_call  ///< the time that one call in 10,000 exceeds; the very worst is the system's
};
/// What a play calls the worst call.
inline constexpr std::string_view slow_call = "p99.99";
inline constexpr std::array<std::string_view, 4> figure_names{"time", "peak", "waste",
                                                              "worst-call"};

/// A figure, or several with weights: of each, the part of the heap's.
class objective {
public:
    /*implicit*/ objective(figure one = figure::time) { weights_[index(one)] = 1; }

    /// "time", or "time=2,peak=1". Errors: `failure`, which says what was expected.
    [[nodiscard]] static objective parse(const std::string& text);
    [[nodiscard]] std::string text() const;

    [[nodiscard]] double weight(figure of) const { return weights_[index(of)]; }
    [[nodiscard]] bool is_only(figure one) const;
    /// Null if nothing is left.
    [[nodiscard]] std::optional<objective> without_memory() const;

    /// Of one contender over another one's in the same rounds. Null if it cannot be measured, or
    /// if the base is 0.
    [[nodiscard]] std::optional<replay::ratio> ratio_between(const replay::results& in,
                                                             const std::string& one,
                                                             const std::string& base) const;

private:
    static std::size_t index(figure of) { return static_cast<std::size_t>(of); }

    std::array<double, figure_names.size()> weights_{};
};

[[nodiscard]] const replay::result& result_named(const replay::results& in,
                                                 const std::string& name);
/// Of each round in which it is known.
[[nodiscard]] std::vector<double> figures_of(const replay::results& in, const std::string& name,
                                             figure what);

}  // namespace strata::tool::tune

#endif
