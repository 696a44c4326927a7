// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_PACKED_WRITER_HPP
#define STRATA_TOOL_TRACE_PACKED_WRITER_HPP

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "tool/trace/event_source.hpp"
#include "tool/trace/frame_writer.hpp"
#include "tool/trace/packed_format.hpp"

namespace strata::tool::trace {

/// Writes a packed trace to a stream, from front to back. Whether that went well, the stream knows.
///
///     packed_writer out{file, source->info()};
///     for (event each; source->next(each);) { out.add(each); }
///     out.finish();
class packed_writer {
public:
    packed_writer(std::ostream& to, const trace_info& of);
    packed_writer(const packed_writer&) = delete;
    packed_writer& operator=(const packed_writer&) = delete;

    void add(const event& next);
    /// The rest, the call stacks of the events, the index and the footer.
    void finish(const call_sites& of = {});

    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    void write(std::string_view bytes);
    void write_frame(frame_header head, const std::string& payload);
    void write_events();

    std::ostream& to_;
    frame_writer frame_;
    std::string index_;
    std::uint64_t indexed_bytes_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace strata::tool::trace

#endif
