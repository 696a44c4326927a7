// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_RECORD_RECORDER_HPP
#define STRATA_TOOL_RECORD_RECORDER_HPP

#include <cstddef>
#include <cstdint>

#include "trace/live_format.hpp"

// Records the calls of the malloc family in a program that `strata record` runs. It starts when it
// is loaded, or with a call before that. If the process is not to be recorded, these functions do
// nothing.
//
// Of a sample, an allocation is recorded if `sampling` chooses it, and the free of a block if its
// allocation was. Allocations that were refused are all recorded: they are few. A reallocation is
// recorded as a free of the old block and an allocation of the new one. Otherwise the probability
// that a block is in the sample would depend on all sizes that it had, which readers do not know.
namespace strata::tool::recorder {

using live_trace::form;

inline constexpr std::size_t usual_alignment = alignof(std::max_align_t);

/// After the block was allocated; null if there was no memory.
void allocated(const void* block, std::size_t bytes, std::size_t alignment, form as) noexcept;
/// Before the block is freed.
void deallocated(const void* block) noexcept;

/// When a reallocation began, and where it was called. In a sample: whether the block is in it;
/// `clock` is set only if it is.
struct beginning {
    std::uint64_t clock = 0;
    std::uint32_t site = 0;
    bool is_in_sample = false;
};
[[nodiscard]] beginning reallocating(const void* block) noexcept;
/// After the block was moved or resized; `to` is null if it was not.
void reallocated(const void* from, const void* to, std::size_t bytes,
                 const beginning& since) noexcept;

/// After modules may have been unloaded.
void unloaded() noexcept;

}  // namespace strata::tool::recorder

#endif
