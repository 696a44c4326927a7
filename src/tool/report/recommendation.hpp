// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_RECOMMENDATION_HPP
#define STRATA_TOOL_REPORT_RECOMMENDATION_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strata::tool::report {

/// What `strata tune --json` found.
struct recommendation {
    struct ratio {
        double median = 1;
        double spread = 0;
    };
    /// A strategy, with its time or memory over the heap's.
    struct compared {
        std::string strategy;
        std::vector<ratio> of_heap;            ///< one for each course
        std::optional<ratio> in_program = {};  ///< in runs of the program
        std::optional<double> saves;           ///< the part of the program's time, or of its memory
        std::string problem;                   ///< why it cannot serve; empty if it can
    };

    struct time_and_peak {
        std::string strategy;
        double time = 1;
        double peak = 1;
    };

    std::vector<std::string> programs;
    std::vector<std::string> courses;
    std::string minimised;
    std::uint64_t rounds = 0;
    bool is_tried = false;  ///< by runs of the program
    std::string take;       ///< empty: keep the heap
    std::string cpp;
    std::string reason;
    std::vector<compared> finalists;  ///< and the resources of the standard library
    std::vector<std::pair<std::string, std::string>> out_before;  ///< with what they reached
    std::vector<std::pair<std::string, std::string>> not_tried;   ///< and why
    std::vector<std::pair<std::string, std::string>> not_raced;   ///< and why
    std::vector<time_and_peak> front;  ///< none is faster and smaller than one of these
};

/// `name` is for messages. Errors: `failure` if the text is no such JSON.
[[nodiscard]] recommendation parse_recommendation(const std::string& json, const std::string& name);

/// The verdict, the lines to paste, and the comparison. `is_of_resources`: the trace is not of a
/// whole program.
[[nodiscard]] std::string html_of(const recommendation& of, bool is_of_resources);

}  // namespace strata::tool::report

#endif
