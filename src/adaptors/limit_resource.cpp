// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/limit_resource.hpp>

#include <strata/core/detail/text.hpp>

namespace strata {

limit_exceeded::limit_exceeded(layout asked, std::size_t used_bytes, std::size_t used_blocks,
                               const strata::limit& most) noexcept
    : asked_{asked}, used_bytes_{used_bytes}, used_blocks_{used_blocks}, limit_{most} {
    const bool bytes = most.bytes != detail::quota::unlimited;
    const bool blocks = most.blocks != detail::quota::unlimited;
    detail::text_writer text{text_};
    text.print("strata: the limit has no room for %zu B (aligned to %zu B): ", asked.size,
               asked.alignment);
    if (bytes) {
        text.print("%zu B of %zu B%s", used_bytes, most.bytes, blocks ? ", " : "");
    }
    if (blocks) {
        text.print("%zu blocks of %zu", used_blocks, most.blocks);
    }
    text.write(" in use");
}

template class limit_resource<std::pmr::memory_resource>;

}  // namespace strata
