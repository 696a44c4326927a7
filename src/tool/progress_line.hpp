// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_PROGRESS_LINE_HPP
#define STRATA_TOOL_PROGRESS_LINE_HPP

#include <chrono>
#include <cstdint>
#include <string>

namespace strata::tool {

/// A line on standard error that says how far something is, and goes away at the end. Only on a
/// terminal, and never if NO_COLOR is set.
class progress_line {
public:
    progress_line();
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;
    ~progress_line();

    void show(const std::string& text);
    /// "packing: 34 %", at most five times a second. If the whole is not known, it is 0.
    void show_part(const char* what, std::uint64_t done, std::uint64_t whole);

private:
    using clock = std::chrono::steady_clock;

    bool is_possible_;
    bool is_shown_ = false;
    clock::time_point latest_ = clock::now();
};

}  // namespace strata::tool

#endif
