// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_READ_ALL_HPP
#define STRATA_TOOL_TRACE_READ_ALL_HPP

#include <cstdint>

#include "tool/progress_line.hpp"
#include "tool/trace/event_source.hpp"

namespace strata::tool::trace {

/// Calls `action` with each event, and shows how far that is, as "packing: 34 %".
template <class Action>
void read_all(event_source& from, const char* what, const Action& action) {
    constexpr std::uint64_t often = std::uint64_t{1} << 16;
    progress_line line;
    std::uint64_t events = 0;
    for (event each; from.next(each);) {
        action(each);
        if (++events % often == 0) {
            line.show_part(what, from.bytes(), from.info().file_bytes);
        }
    }
}

}  // namespace strata::tool::trace

#endif
