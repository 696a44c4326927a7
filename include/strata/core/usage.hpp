// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_USAGE_HPP
#define STRATA_CORE_USAGE_HPP

#include <cstddef>
#include <optional>

namespace strata {

/// What a resource knows of its own use at one moment. All sizes are in bytes. Unknown figures are
/// empty: a pool does not know the sizes that were asked for, an arena does not count blocks,
/// malloc tells nothing.
struct usage {
    /// The sum of the sizes of live blocks, as users asked for them.
    std::optional<std::size_t> live_bytes = {};
    std::optional<std::size_t> live_blocks = {};
    /// The bytes in blocks that are handed out, with rounding and padding. A pool counts whole
    /// blocks of its size classes. An arena counts everything since its last reset. A resource that
    /// hands out exactly what is asked for has `live_bytes` here.
    std::optional<std::size_t> used_bytes = {};
    /// The most that was used at once.
    std::optional<std::size_t> peak_bytes = {};
    /// Held now: taken from the upstreams and not returned, plus the caller's buffer if there is
    /// one.
    std::optional<std::size_t> reserved_bytes = {};

    /// Held but not handed out: bookkeeping and free memory.
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
