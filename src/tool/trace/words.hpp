// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_WORDS_HPP
#define STRATA_TOOL_TRACE_WORDS_HPP

#include <cstdint>
#include <string>

#include <strata/detail/text.hpp>

// How the tool writes numbers of things.
namespace strata::tool::trace {

/// As 1,234,567.
[[nodiscard]] std::string grouped(std::uint64_t number);

/// As "1 event" and "2,000 events".
[[nodiscard]] std::string many(std::uint64_t count, const std::string& of);

/// As "12.5 %", of 0.125 with one decimal.
[[nodiscard]] inline std::string percent(double part, int decimals) {
    return detail::decimal(100 * part, decimals).append(" %");
}

/// As "12.5 %" and "<0.1 %"; of nothing "-".
[[nodiscard]] std::string percent_of(std::uint64_t part, std::uint64_t whole);

/// What a sample is, as "a sample: one allocation in about 64 KiB".
[[nodiscard]] std::string sample_of(std::uint64_t distance);

}  // namespace strata::tool::trace

#endif
