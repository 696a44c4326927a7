// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_LIVE_CURSOR_HPP
#define STRATA_TOOL_TRACE_LIVE_CURSOR_HPP

#include <cstddef>
#include <cstdint>
#include <istream>
#include <span>
#include <vector>

#include "trace/live_format.hpp"

namespace strata::tool::trace {

/// A chunk of a live trace, as the index of chunks has it.
struct live_chunk {
    std::uint64_t thread = 0;
    std::uint64_t sequence = 0;
    std::uint64_t offset = 0;
    std::uint64_t clock = 0;  ///< of the first event
    std::uint32_t used = 0;
};

/// Reads the events of one thread, a few at a time.
class live_cursor {
public:
    /// The chunks are those of one thread, in order, and have events.
    live_cursor(std::istream& from, std::span<const live_chunk> chunks)
        : from_{from},
          chunks_{chunks} {}

    /// Makes the next event ready, if there is one. False at the end of the thread.
    [[nodiscard]] bool fill();
    /// The event that is ready, and the place of it in the file.
    [[nodiscard]] const live_trace::event& front() const noexcept { return window_[at_]; }
    [[nodiscard]] std::uint64_t offset() const noexcept;
    void pop() noexcept { ++at_; }
    /// Leaves out what is left of the chunk.
    void skip_chunk() noexcept;

    /// The clock of the event that is ready, or of the one before it if that is later: a thread's
    /// own order counts more than its clock, which may differ between processors.
    [[nodiscard]] std::uint64_t clock() noexcept;

private:
    static constexpr std::size_t events_at_once = 512;

    std::istream& from_;
    std::span<const live_chunk> chunks_;  ///< the first one is being read
    std::vector<live_trace::event> window_;
    std::size_t at_ = 0;                ///< in the window
    std::size_t window_begins_at_ = 0;  ///< in the chunk
    std::uint64_t latest_clock_ = 0;
};

}  // namespace strata::tool::trace

#endif
