// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/injected_failure.hpp>

#include <cinttypes>

#include <strata/detail/text.hpp>

namespace strata {

injected_failure::injected_failure(const std::pmr::memory_resource* originator, std::size_t number,
                                   layout asked, const stack_trace& trace,
                                   std::optional<std::uint64_t> seed) noexcept
    : originator_{originator},
      number_{number},
      asked_{asked},
      trace_{trace} {
    detail::text_writer text{text_};
    text.print("injected failure of allocation %zu: %zu bytes aligned to %zu", number, asked.size,
               asked.alignment);
    if (seed) {
        text.print(" (seed %" PRIu64 ")", *seed);
    }
}

}  // namespace strata
