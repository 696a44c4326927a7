// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_FRAME_WRITER_HPP
#define STRATA_TOOL_TRACE_FRAME_WRITER_HPP

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tool/trace/event.hpp"
#include "tool/trace/packed_format.hpp"

namespace strata::tool::trace {

/// Collects the events of a frame and makes its columns.
class frame_writer {
public:
    /// False if blocks before this event are missing, as in a trace that was salvaged: it begins a
    /// frame of its own then.
    [[nodiscard]] bool continues_with(const event& next) const noexcept;
    void add(const event& next);
    [[nodiscard]] bool is_empty() const noexcept { return events_.empty(); }
    [[nodiscard]] bool is_full() const noexcept;

    /// The payload, not yet compressed, of the events since the last call, and what its header
    /// tells of them.
    [[nodiscard]] std::string finish(frame_header& head);

private:
    std::vector<event> events_;
    std::deque<std::string> texts_;
    std::uint64_t text_bytes_ = 0;
    std::uint64_t first_event_ = 0;
    std::uint64_t first_block_ = 0;
    std::uint64_t next_block_ = 0;
    std::uint64_t microseconds_ = 0;
};

}  // namespace strata::tool::trace

#endif
