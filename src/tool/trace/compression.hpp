// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_COMPRESSION_HPP
#define STRATA_TOOL_TRACE_COMPRESSION_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace strata::tool::trace {

/// A zstd frame with the checksum of its content.
[[nodiscard]] std::string compressed(std::string_view content);

/// Empty if it is no zstd frame, if its checksum is wrong, or if it does not have so many bytes.
[[nodiscard]] std::optional<std::string> uncompressed(std::string_view frame, std::size_t bytes);

}  // namespace strata::tool::trace

#endif
