// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TUNE_ADVICE_HPP
#define STRATA_TOOL_TUNE_ADVICE_HPP

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tool/trace/event_source.hpp"
#include "tool/tune/candidates.hpp"
#include "tool/tune/race.hpp"

// What `strata tune` found, and how it is told.
namespace strata::tool::tune {

/// One that was out before the last race.
struct loser {
    std::string strategy;
    double score = 0;     ///< over the heap's, the worst over the courses
    std::string problem;  ///< why it cannot serve; empty if it can
};

struct advice {
    std::string program;
    std::uint64_t calls = 0;
    std::uint64_t threads = 0;
    std::uint64_t most_live = 0;
    bool is_of_resources = false;

    std::vector<course> courses;
    race last;  ///< the best that were found, played again: what is said rests on these rounds alone
    std::vector<standing> standings;  ///< of that race
    std::vector<loser> losers;        ///< the best first
    std::vector<left_out> not_tried;

    /// The strategy to take; null: keep the heap. Of those that are as good as the best, within
    /// their spread, the one with the fewest options.
    [[nodiscard]] const standing* winner() const;
    /// Why, in a sentence.
    [[nodiscard]] std::string reason() const;

    /// Of the program's time or peak, what a strategy saves: 0.1 is a tenth; negative if it costs.
    /// The least over the courses. Null if it is not known.
    [[nodiscard]] std::optional<double> saved_of_program(const standing& by) const;
    /// The same for an allocator that takes no time, or no memory beside the blocks.
    [[nodiscard]] std::optional<double> most_to_save() const;

private:
    /// Of the recorded time, what the calls take on the heap.
    [[nodiscard]] double part_of_heap(std::size_t course) const;
};

void print_text(std::ostream& to, const advice& of);
void print_json(std::ostream& to, const advice& of);

}  // namespace strata::tool::tune

#endif
