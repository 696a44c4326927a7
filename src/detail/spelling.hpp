// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_SPELLING_HPP
#define STRATA_CORE_DETAIL_SPELLING_HPP

#include <span>
#include <string>
#include <string_view>

namespace strata::detail {

/// The end of a message about an unknown name: `; did you mean "pool"?` if a known name is similar,
/// else `; known are "arena", "heap"...`.
[[nodiscard]] std::string suggestion(std::string_view unknown, std::span<const std::string> known);

}  // namespace strata::detail

#endif
