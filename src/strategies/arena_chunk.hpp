// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_STRATEGIES_ARENA_CHUNK_HPP
#define STRATA_SRC_STRATEGIES_ARENA_CHUNK_HPP

#include <cstddef>

#include <strata/strategies/arena_resource.hpp>

namespace strata {

// The header of a chunk. It is at the chunk's end, so that the chunk's start has the alignment that
// was asked for.
struct arena_resource::chunk {
    chunk* next;
    std::size_t size;  // as asked from the upstream, this header included
    std::size_t alignment;

    [[nodiscard]] std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this); }
    [[nodiscard]] std::byte* begin() noexcept { return end() + sizeof(chunk) - size; }
};

}  // namespace strata

#endif
