// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_BYTE_SIZE_HPP
#define STRATA_TOOL_BYTE_SIZE_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>

namespace strata::tool {

/// The bytes of a size as in a strategy text; null if it is none.
[[nodiscard]] std::optional<std::uint64_t> bytes_in(std::string_view text);

/// For an option that takes a size: as in a strategy text, in bytes or with a unit (B, KiB, MiB,
/// GiB, TiB), and from `least` to `most` bytes. What the option gets is the number of bytes.
[[nodiscard]] CLI::Validator byte_size(std::uint64_t least, std::uint64_t most);

}  // namespace strata::tool

#endif
