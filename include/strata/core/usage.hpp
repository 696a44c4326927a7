// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_USAGE_HPP
#define STRATA_CORE_USAGE_HPP

#include <cstddef>
#include <optional>

namespace strata {

/// What a resource knows of its own use at one moment. All sizes are in bytes. What it does not
/// know is empty rather than guessed: an arena does not count blocks, malloc tells nothing.
struct usage {
    /// In the hands of the clients now; for a pool, whole blocks of its size classes.
    std::optional<std::size_t> live_bytes;
    std::optional<std::size_t> live_blocks;
    /// The most that was live at once.
    std::optional<std::size_t> peak_bytes;
    /// Held now: taken from the upstreams and not given back, and a buffer the resource was given.
    std::optional<std::size_t> reserved_bytes;

    /// What is held and not live: bookkeeping, padding, and what is free to be handed out.
    [[nodiscard]] constexpr std::optional<std::size_t> overhead_bytes() const noexcept {
        if (!live_bytes || !reserved_bytes || *reserved_bytes < *live_bytes) {
            return std::nullopt;
        }
        return *reserved_bytes - *live_bytes;
    }

    friend constexpr bool operator==(const usage&, const usage&) = default;
};

}  // namespace strata

#endif
