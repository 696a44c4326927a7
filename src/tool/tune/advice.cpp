// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/advice.hpp"

#include <algorithm>
#include <cstddef>

#include <strata/detail/text.hpp>

namespace strata::tool::tune {
namespace {

// A gain that is smaller is not worth a change of the program: a hundredth of its time or peak.
constexpr double least_gain = 0.01;

// Beyond the noise: so far from 1 that even twice the spread does not reach it.
bool is_surely_better(const standing& one) {
    return one.problem.empty() && std::ranges::all_of(one.of_heap, [](const replay::ratio& each) {
               return each.median + 2 * each.spread < 1;
           });
}

std::string percent(double part) {
    return detail::decimal(part * 100, part < 0.1 ? 1 : 0) + " %";
}

std::size_t options_in(const std::string& strategy) {
    return static_cast<std::size_t>(std::ranges::count(strategy, '='));
}

double spread_of(const standing& one) {
    double widest = 0;
    for (const replay::ratio& each : one.of_heap) {
        widest = std::max(widest, each.spread);
    }
    return widest;
}

const char* what_of(objective by) {
    return by == objective::time ? "time" : "peak";
}

}  // namespace

double advice::part_of_heap(std::size_t course) const {
    const replay::results& played = last.by_course[course];
    return replay::median_of(played.times(played.all.front())) /
           courses[course].recorded_nanoseconds;
}

std::optional<double> advice::saved_of_program(const standing& by) const {
    if (!by.problem.empty()) {
        return std::nullopt;
    }
    if (last.by == objective::peak) {
        return 1 - by.score();
    }
    std::optional<double> least;
    for (std::size_t i = 0; i != courses.size(); ++i) {
        if (courses[i].recorded_nanoseconds > 0) {
            const double saved = part_of_heap(i) * (1 - by.of_heap[i].median);
            least = std::min(least.value_or(saved), saved);
        }
    }
    return least;
}

std::optional<double> advice::most_to_save() const {
    std::optional<double> most;
    for (std::size_t i = 0; i != courses.size(); ++i) {
        if (last.by == objective::peak) {
            const auto resident =
                replay::results::median(last.by_course[i].all.front(), "resident");
            const auto live = static_cast<double>(courses[i].plays->head.most_bytes);
            if (resident.value_or(0) > 0) {
                most = std::max({most.value_or(0), 1 - live / *resident, 0.0});
            }
        } else if (courses[i].recorded_nanoseconds > 0) {
            most = std::max(most.value_or(0), std::min(part_of_heap(i), 1.0));
        }
    }
    return most;
}

const standing* advice::winner() const {
    const standing* best = nullptr;
    for (const standing& each : standings) {
        if (!is_surely_better(each)) {
            continue;
        }
        const bool is_as_good =
            best != nullptr && each.score() <= standings.front().score() + spread_of(each);
        const bool is_simpler = is_as_good && options_in(each.who.strategy) <
                                                  options_in(best->who.strategy);
        if (best == nullptr || is_simpler) {
            best = &each;
        }
    }
    if (best == nullptr) {
        return nullptr;
    }
    const auto saved = saved_of_program(*best);
    return saved && *saved < least_gain ? nullptr : best;
}

std::string advice::reason() const {
    const std::string what = what_of(last.by);
    const auto most = most_to_save();
    if (const standing* const best = winner()) {
        const auto saved = saved_of_program(*best);
        std::string text = "it is ahead of the heap on each by more than twice the spread";
        if (saved) {
            text += ", and saves " + percent(*saved) + " of the program's " + what;
        }
        return text + (most ? "; no allocator can save more than " + percent(*most) : "");
    }
    if (most && *most < least_gain) {
        return "no allocator can save more than " + percent(*most) + " of the program's " + what;
    }
    if (standings.empty() || !standings.front().problem.empty()) {
        return "no strategy could be measured";
    }
    const standing& best = standings.front();
    if (!is_surely_better(best)) {
        return "the best strategy, " + best.who.name +
               ", is not ahead on each by more than twice the spread";
    }
    return "the best strategy, " + best.who.name + ", saves " +
           percent(saved_of_program(best).value_or(0)) + " of the program's " + what +
           ", which is less than a hundredth";
}

}  // namespace strata::tool::tune
