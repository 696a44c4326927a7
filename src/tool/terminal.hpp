// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TERMINAL_HPP
#define STRATA_TOOL_TERMINAL_HPP

#include <cstddef>

namespace strata::tool {

/// What standard output can show.
struct terminal {
    std::size_t columns = 80;
    bool has_colours = false;  ///< never if NO_COLOR is set
    bool has_blocks = false;   ///< characters such as U+2588

    /// Of a terminal, what it says; of a file or a pipe, the least. COLUMNS sets the columns of
    /// both.
    [[nodiscard]] static terminal of_output();
};

/// An empty variable is as one that is not set.
[[nodiscard]] bool is_set(const char* variable);

}  // namespace strata::tool

#endif
