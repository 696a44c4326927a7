// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/trial.hpp"

#include <algorithm>

namespace strata::tool::tune {

const replay::result* trial::of(const std::string& contender) const {
    const auto& all = runs.by_course.front().all;
    const auto found =
        std::ranges::find(all, contender, [](const replay::result& each) { return each.who.name; });
    return found == all.end() ? nullptr : &*found;
}

std::optional<replay::ratio> trial::of_heap(const std::string& contender) const {
    const replay::result* const its = of(contender);
    return its == nullptr || !its->problem().empty()
               ? std::nullopt
               : runs.by.front().ratio_between(runs.by_course.front(), contender, heap().who.name);
}

std::optional<double> trial::median(const std::string& contender, std::string_view figure) const {
    const replay::result* const its = of(contender);
    return its == nullptr ? std::nullopt : replay::results::median(*its, figure);
}

bool trial::is_whole(const std::string& contender) const {
    const replay::result* const its = of(contender);
    return its != nullptr && its->rounds.size() == runs.rounds;
}

}  // namespace strata::tool::tune
