// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef WORD_INDEX_STRATEGIES_HPP
#define WORD_INDEX_STRATEGIES_HPP

#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>
#include <string_view>

namespace example {

/// What an application does with the memory that it is given.
using job = std::function<void(std::pmr::memory_resource* memory)>;

/// A way to serve an application with memory.
struct strategy {
    std::string_view name;
    /// Where its memory comes from in the end.
    std::pmr::memory_resource* heap;
    /// Makes the resources on top of a heap, does the job with them and destroys them.
    void (*run)(std::pmr::memory_resource* heap, const job& work);
    /// What it holds beside the memory from the heap.
    std::int64_t buffer_bytes = 0;
};

/// The strategies to compare. The first one is the plain heap.
std::span<const strategy> strategies();

/// The one whose layers the report shows.
const strategy& layered_strategy();

}  // namespace example

#endif
