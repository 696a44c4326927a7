// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_RECORD_RECORDER_HPP
#define STRATA_TOOL_RECORD_RECORDER_HPP

#include <cstddef>
#include <cstdint>

#include "trace/live_format.hpp"

// Records the calls of the malloc family in a program that `strata record` runs. It starts with the
// first of them. If the process is not to be recorded, these functions do nothing.
namespace strata::tool::recorder {

using live_trace::form;

inline constexpr std::size_t usual_alignment = alignof(std::max_align_t);

/// After the block was allocated; null if there was no memory.
void allocated(const void* block, std::size_t bytes, std::size_t alignment, form as) noexcept;
/// Before the block is freed.
void deallocated(const void* block) noexcept;
/// After the block was moved or resized; `to` is null if it was not. `since` is the clock before.
void reallocated(const void* from, const void* to, std::size_t bytes, std::uint64_t since) noexcept;
[[nodiscard]] std::uint64_t clock() noexcept;

}  // namespace strata::tool::recorder

#endif
