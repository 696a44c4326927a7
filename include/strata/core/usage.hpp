// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_USAGE_HPP
#define STRATA_CORE_USAGE_HPP

#include <cstddef>
#include <optional>

namespace strata {

/// What a resource knows of its own use at one moment. All sizes are in bytes. What it does not
/// know is empty: a pool does not know the sizes that were asked for, an arena does not count
/// blocks, malloc tells nothing.
struct usage {
    /// What users asked for and have not given back: the sum of the sizes of live blocks.
    std::optional<std::size_t> live_bytes = {};
    std::optional<std::size_t> live_blocks = {};
    /// What is handed out, as the resource cuts it. A pool counts whole blocks of its size classes.
    /// An arena counts all since its last reset, padding included. A resource that hands out
    /// exactly what is asked for has `live_bytes` here.
    std::optional<std::size_t> used_bytes = {};
    /// The most that was used at once.
    std::optional<std::size_t> peak_bytes = {};
    /// Held now: taken from the upstreams and not given back, and a buffer the resource was given.
    std::optional<std::size_t> reserved_bytes = {};

    /// What is held and not handed out: bookkeeping, and what is free.
    [[nodiscard]] constexpr std::optional<std::size_t> overhead_bytes() const noexcept {
        if (!used_bytes || !reserved_bytes || *reserved_bytes < *used_bytes) {
            return std::nullopt;
        }
        return *reserved_bytes - *used_bytes;
    }

    friend constexpr bool operator==(const usage&, const usage&) = default;
};

}  // namespace strata

#endif
