// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_CHECKSUM_HPP
#define STRATA_TOOL_TRACE_CHECKSUM_HPP

#include <cstdint>
#include <string_view>

namespace strata::tool::trace {

/// The CRC-32 of gzip and zip (Python: `zlib.crc32`). `before` is that of the bytes before.
[[nodiscard]] std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0) noexcept;

/// The bytes of a struct up to its checksum.
template <class Struct>
[[nodiscard]] std::uint32_t checksum_of(const Struct& of) noexcept {
    const auto* const begin = reinterpret_cast<const char*>(&of);
    const auto* const end = reinterpret_cast<const char*>(&of.checksum);
    return checksum({begin, static_cast<std::size_t>(end - begin)});
}

}  // namespace strata::tool::trace

#endif
