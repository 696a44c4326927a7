// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_CHECK_RECORDED_PROGRAM_HPP
#define STRATA_TOOL_CHECK_RECORDED_PROGRAM_HPP

#include <string>
#include <vector>

namespace strata::tool::check {

/// A program that has run under `strata record`, and its trace, which goes with this object.
class recorded_program {
public:
    /// With `quiet`, the program's standard output goes to standard error.
    /// Errors: `failure` if the program cannot be recorded, or does not end with 0.
    recorded_program(const std::vector<std::string>& command, bool quiet);
    recorded_program(const recorded_program&) = delete;
    recorded_program& operator=(const recorded_program&) = delete;
    ~recorded_program();

    [[nodiscard]] std::string trace() const { return folder_ + "/trace"; }

private:
    std::string folder_;
};

}  // namespace strata::tool::check

#endif
