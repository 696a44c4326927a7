// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_SITE_FRAMES_HPP
#define STRATA_TOOL_TRACE_SITE_FRAMES_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tool/trace/call_sites.hpp"

// The frames of a packed trace that have its call stacks, after those with its events.
namespace strata::tool::trace {

/// The payloads, not yet compressed; none if there are no call stacks. `most_bytes` of a frame may
/// be exceeded by one item.
[[nodiscard]] std::vector<std::string> site_frames(const call_sites& of,
                                                   std::size_t most_bytes = 4 * 1024 * 1024);

/// Reads them again, one after the other.
class site_frame_reader {
public:
    /// Adds what is in the next frame. Null, or what was expected there: then the frame has been
    /// read up to that.
    [[nodiscard]] const char* read(std::string_view payload, call_sites& to);

private:
    [[nodiscard]] const std::string* text(std::uint64_t number) const noexcept;

    std::vector<std::string> texts_ = std::vector<std::string>(1);
};

}  // namespace strata::tool::trace

#endif
