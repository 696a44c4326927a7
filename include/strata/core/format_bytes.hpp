// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_FORMAT_BYTES_HPP
#define STRATA_CORE_FORMAT_BYTES_HPP

#include <cstdint>
#include <string>

namespace strata {

/// A number of bytes for people to read: exact with its unit below 10 KiB ("640 B"), else in the
/// largest binary unit that leaves at least 1, to one decimal ("64.0 KiB").
[[nodiscard]] std::string format_bytes(std::int64_t bytes);

}  // namespace strata

#endif
