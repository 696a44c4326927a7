// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_FAILURE_HPP
#define STRATA_TOOL_FAILURE_HPP

#include <stdexcept>
#include <string>

namespace strata::tool {

/// The exit statuses of the tool: from 125 on those of `env`, `nice` and `timeout`.
enum class exit_status : int {
    done = 0,
    not_held = 1,      ///< what was to be checked is not so
    wrong = 125,       ///< the tool was used wrongly, or failed itself
    cannot_run = 126,  ///< the program was found but cannot be run
    not_found = 127    ///< the program was not found
};

/// Ends the tool with a message and a status.
class failure : public std::runtime_error {
public:
    explicit failure(const std::string& message, exit_status status = exit_status::wrong)
        : std::runtime_error{message}, status_{status} {}
    [[nodiscard]] exit_status status() const noexcept { return status_; }

private:
    exit_status status_;
};

}  // namespace strata::tool

#endif
