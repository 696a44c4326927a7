// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/limit_resource.hpp>

#include <algorithm>
#include <array>

#include <strata/core/detail/title.hpp>
#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

namespace strata {
namespace {

// "960 B of 1000 B, 3 blocks of 4": only the figures that have a limit.
std::array<char, 120> text_of(std::size_t used_bytes, std::size_t used_blocks, const limit& most) {
    std::array<char, 120> text{};
    const bool bytes = most.bytes != detail::quota::unlimited;
    const bool blocks = most.blocks != detail::quota::unlimited;
    detail::text_writer writer{text};
    if (bytes) {
        writer.print("%zu B of %zu B%s", used_bytes, most.bytes, blocks ? ", " : "");
    }
    if (blocks) {
        writer.print("%zu blocks of %zu", used_blocks, most.blocks);
    }
    return text;
}

}  // namespace

limit_exceeded::limit_exceeded(layout asked, std::size_t used_bytes, std::size_t used_blocks,
                               const strata::limit& most) noexcept
    : out_of_room{detail::title{"the limit", most.name}.text(), asked,
                  used_blocks < most.blocks ? most.bytes - std::min(used_bytes, most.bytes) : 0,
                  "%s in use", text_of(used_bytes, used_blocks, most).data()},
      used_bytes_{used_bytes},
      used_blocks_{used_blocks},
      limit_{most} {}

void detail::raise_limit_exceeded(layout asked, std::size_t used_bytes, std::size_t used_blocks,
                                  const limit& most) {
    raise_error(limit_exceeded{asked, used_bytes, used_blocks, most});
}

template class limit_resource<std::pmr::memory_resource>;

}  // namespace strata
