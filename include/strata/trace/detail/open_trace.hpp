// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TRACE_DETAIL_OPEN_TRACE_HPP
#define STRATA_TRACE_DETAIL_OPEN_TRACE_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strata::detail {

class trace_writer;

/// A live trace that this process records, until the end of the object. Its memory comes from the
/// system, not from the heap, whose calls may be recorded here.
///
/// Each function that records returns false if there was no room for the event. In the child of a
/// fork the functions do nothing.
class open_trace {
public:
    /// `whose` is for messages; `name` names the resource in the trace. If `stack_depth` is not 0,
    /// allocations and resized blocks have a call stack of at most that many calls, and never more than 256.
    /// Errors: `std::system_error` if the file cannot be made or is not empty.
    open_trace(std::string_view whose, std::string_view name, std::string_view file,
               std::size_t stack_depth = 0);
    open_trace(const open_trace&) = delete;
    open_trace& operator=(const open_trace&) = delete;
    ~open_trace();

    /// Call it after the block was allocated.
    [[nodiscard]] bool allocated(const void* block, std::size_t bytes,
                                 std::size_t alignment) noexcept;
    [[nodiscard]] bool refused(std::size_t bytes, std::size_t alignment) noexcept;
    /// Call it before the block is freed.
    [[nodiscard]] bool deallocated(const void* block, std::size_t bytes,
                                   std::size_t alignment) noexcept;
    /// Call it after the block was resized; `since` is the clock before that.
    [[nodiscard]] bool resized(const void* block, std::size_t from, std::size_t to,
                               std::size_t alignment, std::uint64_t since) noexcept;
    [[nodiscard]] std::uint64_t clock() const noexcept;

    [[nodiscard]] std::string_view file() const noexcept;
    /// The depth in force; 0 if there was no memory for call stacks.
    [[nodiscard]] std::size_t stack_depth() const noexcept;
    /// How many events there was no room for, and the system's last reason.
    [[nodiscard]] std::uint64_t dropped() const noexcept;
    [[nodiscard]] int reason() const noexcept;

private:
    trace_writer* writer_;
};

}  // namespace strata::detail

#endif
