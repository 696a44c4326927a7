// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_ADVICE_HPP
#define STRATA_TOOL_TUNE_ADVICE_HPP

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tool/tune/candidates.hpp"
#include "tool/tune/race.hpp"
#include "tool/tune/trial.hpp"

// What `strata tune` found, and how it is told.
namespace strata::tool::tune {

/// A trace that was played.
struct played_trace {
    std::string program;
    std::uint64_t calls = 0;
    std::uint64_t threads = 0;
    std::uint64_t most_live = 0;  ///< bytes
};

/// One that was out before the last race.
struct loser {
    std::string strategy;
    double score = 0;     ///< over the heap's, the worst over the courses
    std::string problem;  ///< why it cannot serve; empty if it can
};

/// What a strategy takes, over the heap's.
struct time_and_peak {
    std::string strategy;
    double time = 1;  ///< the worst over the courses
    double peak = 1;
};

struct advice {
    std::vector<played_trace> traces;
    bool is_of_resources = false;
    objective by;
    std::vector<course> courses;
    race last;  ///< of the best that were found; without a trial, the verdict rests on these rounds
    std::vector<standing> standings;  ///< of the strategies in that race, the best first
    std::optional<trial> tried;       ///< of the same strategies; what it shows comes first
    std::vector<standing> standard;   ///< of the resources of the standard library
    std::vector<loser> losers;        ///< the best first
    std::vector<left_out> not_tried;
    std::vector<left_out> not_raced;  ///< by the counts of one play, or for lack of time
    /// Of all that were played, those that no other one beats in both. The fastest first.
    std::vector<time_and_peak> front;

    /// The strategy to take; null: keep the heap. Of those that are as good as the best, the one
    /// with the fewest options.
    [[nodiscard]] const standing* winner() const;
    /// Why, in a sentence.
    [[nodiscard]] std::string reason() const;

    /// What a strategy saves: in runs of the program, if there were any, else as predicted.
    [[nodiscard]] std::optional<double> saved(const standing& with) const;
    /// By the replays: a part of the recorded program's time, if time is the objective, else of
    /// what the heap takes. 0.1 is a tenth; negative if it costs. The least over the courses. Null
    /// if it is not known.
    [[nodiscard]] std::optional<double> predicted(const standing& with) const;
    /// In runs of the program, what is to be small over the heap's. Null if it was not tried.
    [[nodiscard]] std::optional<replay::ratio> in_program(const standing& with) const;
    /// The same for calls that take no time, or for blocks without any waste: the most. Null for
    /// other objectives.
    [[nodiscard]] std::optional<double> possible() const;

    /// The heap's plays of the first trace, on a fresh heap.
    [[nodiscard]] const replay::result& heap() const { return last.by_course.front().all.front(); }
    /// Bytes of resident memory in the same plays. Null if it is not known.
    [[nodiscard]] std::optional<double> resident(const std::string& contender) const;

private:
    [[nodiscard]] std::optional<double> saved_in(std::size_t course, const standing& with) const;
    [[nodiscard]] std::string reason_by_runs() const;
    /// Beyond the noise: in runs of the program, and then behind in no replay; or else in each.
    [[nodiscard]] bool is_surely_better(const standing& one) const;
    /// Not slower, or larger, by more than a hundredth or what their rounds cannot tell.
    [[nodiscard]] bool is_as_good(const standing& one, const standing& best) const;
};

/// Those that no other one beats in both. The fastest first.
[[nodiscard]] std::vector<time_and_peak> front_of(std::vector<time_and_peak> all);

/// What is compared: "Time of the calls", of the text of an objective.
[[nodiscard]] std::string title_of(const std::string& minimised);

/// The ways to use a strategy.
struct lines_to_paste {
    std::string cpp;            ///< a statement
    std::string command;        ///< to try it on the program; empty if it is not of a whole program
    std::string variable;       ///< of the environment
    std::string from_variable;  ///< what reads it in C++
};
/// `made` is what makes the strategy in C++.
[[nodiscard]] lines_to_paste lines_for(const std::string& strategy, const std::string& made,
                                       bool is_of_resources);

/// "20 %", "0.52 %".
[[nodiscard]] std::string part_in_words(double part);

void print_text(std::ostream& to, const advice& of, bool with_front);
void print_json(std::ostream& to, const advice& of);

}  // namespace strata::tool::tune

#endif
