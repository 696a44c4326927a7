// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_LIVE_EVENT_HPP
#define STRATA_SRC_TRACE_LIVE_EVENT_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "trace/live_format.hpp"

namespace strata::detail {

static_assert(std::endian::native == std::endian::little);

/// The words of an event. A struct with bit fields would be stored field by field, or copied in
/// parts larger than those that were stored: then the processor waits for the stores.
struct event_words {
    std::uint64_t first;
    std::uint64_t second;
    std::uint64_t clock;

    [[gnu::always_inline]] static inline event_words of(live_trace::kind what,
                                                        std::uint64_t address, std::uint64_t size,
                                                        std::size_t alignment,
                                                        std::uint64_t resource, std::uint64_t clock,
                                                        live_trace::form as = {}) noexcept {
        constexpr std::uint64_t most = (std::uint64_t{1} << 48) - 1;
        const auto exponent = static_cast<std::uint64_t>(std::countr_zero(alignment));
        return {(address & most) | (static_cast<std::uint64_t>(what) << 48) |
                    ((exponent & 0x3F) << 54) | (static_cast<std::uint64_t>(as) << 60),
                std::min(size, most) | (resource << 48), clock};
    }

    [[nodiscard]] live_trace::event whole() const noexcept {
        return std::bit_cast<live_trace::event>(*this);
    }
    [[gnu::always_inline]] inline void store(live_trace::event& to) const noexcept {
        auto* const at = reinterpret_cast<std::byte*>(&to);
        std::memcpy(at, &first, sizeof first);
        std::memcpy(at + 8, &second, sizeof second);
        std::memcpy(at + 16, &clock, sizeof clock);
    }
};
static_assert(sizeof(event_words) == sizeof(live_trace::event));

}  // namespace strata::detail

#endif
