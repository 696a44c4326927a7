// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/tune/advice.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <tuple>
#include <utility>

#include "tool/trace/words.hpp"

namespace strata::tool::tune {
namespace {

// A gain that is smaller is not worth a change of the program, nor an option.
constexpr double least_gain = 0.01;

// Runs of a program tell the best of some strategies from the next ones only roughly, and the best
// figure of some is in part luck. So one with fewer options may be this much behind.
constexpr double much_the_same = 0.03;

// Even twice the spread does not reach the heap.
bool is_surely_less(const replay::ratio& of) {
    return of.median + 2 * of.spread < 1;
}

// Some rounds are enough to see that a strategy is far behind, but not that it is a little.
constexpr double little_behind = 0.05;

bool is_surely_behind(const replay::ratio& of) {
    return of.median - 2 * of.spread > 1 + little_behind;
}

std::size_t options_in(const standing& one) {
    return static_cast<std::size_t>(std::ranges::count(one.who.strategy, '='));
}

std::string whole_of(const objective& by, bool is_tried) {
    return by.is_only(figure::time) ? " of the program's time"
           : by.is_only(figure::peak)
               ? (is_tried ? " of the program's memory" : " of the heap's memory")
           : by.is_only(figure::waste)      ? " of the heap's waste"
           : by.is_only(figure::worst_call) ? " of what slow calls take on the heap"
                                            : " of the weighted sum";
}

}  // namespace

std::string part_in_words(double part) {
    const double percent = part * 100;
    const int decimals = percent > -1 && percent < 1 ? 2 : percent > -10 && percent < 10 ? 1 : 0;
    return trace::percent(part, decimals);
}

bool advice::is_surely_better(const standing& one) const {
    if (!tried) {
        return one.problem.empty() && std::ranges::all_of(one.of_heap, is_surely_less);
    }
    const auto ratio = in_program(one);
    return ratio && tried->is_whole(one.who.name) && ratio->at_most < 1 &&
           std::ranges::none_of(one.of_heap, is_surely_behind);
}

// In the same rounds, since what is luck of a round is so for both.
bool advice::is_as_good(const standing& one, const standing& best) const {
    if (tried) {
        const auto ratio =
            by.ratio_between(tried->runs.by_course.front(), one.who.name, best.who.name);
        return ratio && ratio->median <= 1 + much_the_same && ratio->at_least <= 1 + least_gain;
    }
    for (std::size_t i = 0; i != courses.size(); ++i) {
        const auto ratio =
            courses[i].by.ratio_between(last.by_course[i], one.who.name, best.who.name);
        if (!ratio || ratio->median > 1 + std::max(ratio->spread, least_gain)) {
            return false;
        }
    }
    return true;
}

std::optional<replay::ratio> advice::in_program(const standing& with) const {
    return tried ? tried->of_heap(with.who.name) : std::nullopt;
}

std::optional<double> advice::saved(const standing& with) const {
    if (!tried) {
        return predicted(with);
    }
    const auto ratio = in_program(with);
    return ratio ? std::optional{1 - ratio->median} : std::nullopt;
}

std::optional<double> advice::predicted(const standing& with) const {
    if (!with.problem.empty()) {
        return std::nullopt;
    }
    std::optional<double> least;
    for (std::size_t i = 0; i != courses.size(); ++i) {
        if (const auto part = saved_in(i, with)) {
            least = std::min(least.value_or(*part), *part);
        }
    }
    return least;
}

std::optional<double> advice::saved_in(std::size_t course, const standing& with) const {
    if (!by.is_only(figure::time)) {
        return 1 - with.of_heap[course].median;
    }
    const double whole = courses[course].recorded_nanoseconds;
    const replay::results& played = last.by_course[course];
    const std::vector<double> heaps = played.times(played.all.front());
    const std::vector<double> its = played.times(result_named(played, with.who.name));
    if (whole <= 0 || heaps.empty() || heaps.size() != its.size()) {
        return std::nullopt;
    }
    std::vector<double> differences(heaps.size());
    std::ranges::transform(heaps, its, differences.begin(), std::minus{});
    return replay::median_of(differences) / whole;
}

std::optional<double> advice::possible() const {
    std::optional<double> most;
    for (std::size_t i = 0; i != courses.size(); ++i) {
        const replay::results& played = last.by_course[i];
        if (by.is_only(figure::time) && courses[i].recorded_nanoseconds > 0) {
            const double heaps = replay::median_of(played.times(played.all.front()));
            most =
                std::max(most.value_or(0), std::min(heaps / courses[i].recorded_nanoseconds, 1.0));
        }
        const auto resident = replay::results::median(played.all.front(), "resident");
        if (by.is_only(figure::peak) && resident.value_or(0) > 0) {
            const auto live = static_cast<double>(courses[i].plays->head.most_bytes);
            most = std::max({most.value_or(0), 1 - live / *resident, 0.0});
        }
    }
    return most;
}

std::optional<double> advice::resident(const std::string& contender) const {
    return replay::results::median(result_named(last.by_course.front(), contender), "resident");
}

const standing* advice::winner() const {
    const standing* first = nullptr;
    const standing* simplest = nullptr;
    for (const standing& each : standings) {
        const auto part = saved(each);
        if (!is_surely_better(each) || (part && *part < least_gain)) {
            continue;
        }
        first = first == nullptr ? &each : first;
        if (simplest == nullptr ||
            (options_in(each) < options_in(*simplest) && is_as_good(each, *first))) {
            simplest = &each;
        }
    }
    return simplest;
}

std::string advice::reason() const {
    const std::string whole = whole_of(by, tried.has_value());
    const auto most = possible();
    const std::string bound =
        !most ? ""
        : by.is_only(figure::time)
            ? "; on the heap the calls take " + part_in_words(*most) + " of it"
            : "; " + part_in_words(*most) + " of it is waste";
    if (const standing* const best = winner()) {
        const auto part = saved(*best);
        const std::string where =
            tried ? "in runs of the program it is ahead of the heap, by more than luck"
                  : "it is ahead of the heap on each trace and heap by more than twice the spread";
        return where + (part ? ", and saves " + part_in_words(*part) + whole + bound : "");
    }
    if (tried) {
        return reason_by_runs();
    }
    if (most && *most < least_gain) {
        return by.is_only(figure::time) ? "the calls take " + part_in_words(*most) + whole
                                        : part_in_words(*most) + whole + " is waste";
    }
    if (standings.empty() || !standings.front().problem.empty()) {
        return "no strategy could be measured";
    }
    const auto surely = std::ranges::find_if(
        standings, [&](const standing& each) { return is_surely_better(each); });
    if (surely == standings.end()) {
        return "the best strategy, " + standings.front().who.name +
               ", is not ahead on each trace and heap by more than twice the spread";
    }
    return "the best strategy, " + surely->who.name + ", saves " +
           part_in_words(saved(*surely).value_or(0)) + whole + ", less than a hundredth";
}

// Why none is taken.
std::string advice::reason_by_runs() const {
    const auto ratio = standings.empty() ? std::nullopt : in_program(standings.front());
    if (!ratio) {
        return "the program runs on none of the strategies";
    }
    const std::string best = "the best strategy, " + standings.front().who.name;
    if (!(ratio->at_most < 1)) {
        return best + ", is not ahead in runs of the program by more than luck";
    }
    if (is_surely_better(standings.front())) {
        return best + ", saves " + part_in_words(1 - ratio->median) + whole_of(by, true) +
               ", less than a hundredth";
    }
    return best + ", is ahead in runs of the program, but more than a twentieth behind in a replay";
}

std::vector<time_and_peak> front_of(std::vector<time_and_peak> all) {
    std::ranges::sort(all, {}, [](const time_and_peak& each) {
        return std::tuple{each.time, each.peak, each.strategy};
    });
    std::vector<time_and_peak> front;
    for (time_and_peak& each : all) {
        if (front.empty() || each.peak < front.back().peak) {
            front.push_back(std::move(each));
        }
    }
    return front;
}

}  // namespace strata::tool::tune
