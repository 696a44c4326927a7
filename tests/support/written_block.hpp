// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_WRITTEN_BLOCK_HPP
#define STRATA_TESTS_SUPPORT_WRITTEN_BLOCK_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <utility>
#include <vector>

#include <strata/core/layout.hpp>

namespace tests {

/// A block of a random program, with a content of its own.
struct written_block {
    std::byte* begin;
    strata::layout as;
    std::byte content;

    written_block(std::pmr::memory_resource& memory, strata::layout wanted, std::size_t number)
        : begin{static_cast<std::byte*>(memory.allocate(wanted.size, wanted.alignment))},
          as{wanted},
          content{static_cast<std::byte>(number)} {
        std::fill_n(begin, as.size, content);
    }

    [[nodiscard]] bool is_intact() const {
        return reinterpret_cast<std::uintptr_t>(begin) % as.alignment == 0 &&
               std::all_of(begin, begin + as.size, [&](std::byte each) { return each == content; });
    }
    void free_to(std::pmr::memory_resource& memory) const {
        memory.deallocate(begin, as.size, as.alignment);
    }
};

/// Removes an element, in whose place the last one goes.
template <class T>
T take(std::vector<T>& from, std::size_t index) {
    std::swap(from[index], from.back());
    T taken = from.back();
    from.pop_back();
    return taken;
}

inline std::vector<void*> allocate(std::pmr::memory_resource& memory, std::size_t count,
                                   std::size_t bytes) {
    std::vector<void*> blocks(count);
    std::ranges::generate(blocks, [&] { return memory.allocate(bytes, 8); });
    return blocks;
}

inline void deallocate(std::pmr::memory_resource& memory, const std::vector<void*>& blocks,
                       std::size_t bytes) {
    for (void* block : blocks) {
        memory.deallocate(block, bytes, 8);
    }
}

}  // namespace tests

#endif
