// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/injected_failure.hpp>

#include <cinttypes>
#include <cstdio>

namespace strata {

injected_failure::injected_failure(const std::pmr::memory_resource* originator, std::size_t index,
                                   layout asked, const stack_trace& trace,
                                   std::uint64_t seed) noexcept
    : originator_{originator},
      index_{index},
      asked_{asked},
      trace_{trace} {
    const int length = std::snprintf(text_.data(), text_.size(),
                                     "injected failure of allocation %zu: %zu bytes aligned to %zu",
                                     index, asked.size, asked.alignment);
    if (seed != 0) {
        const auto used = static_cast<std::size_t>(length);
        std::snprintf(text_.data() + used, text_.size() - used, " (seed %" PRIu64 ")", seed);
    }
}

}  // namespace strata
