// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_READ_ALL_HPP
#define STRATA_TOOL_TRACE_READ_ALL_HPP

#include <cstdint>
#include <string>

#include "tool/failure.hpp"
#include "tool/progress_line.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/words.hpp"

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

/// For what needs every event. Errors: `failure` if the trace of this file is a sample; `why` goes
/// on after that, as ", so its figures are estimates".
inline void refuse_sample(const trace_info& of, const std::string& file, const std::string& why) {
    if (of.sample_distance != 0) {
        throw failure{file + ": is " + sample_of(of.sample_distance) + why +
                      ": expected a trace that was recorded without --sample"};
    }
}

}  // namespace strata::tool::trace

#endif
