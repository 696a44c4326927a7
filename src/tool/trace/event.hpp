// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_EVENT_HPP
#define STRATA_TOOL_TRACE_EVENT_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trace/live_format.hpp"

namespace strata::tool::trace {

using live_trace::form;

/// The numbers are those of the packed format.
enum class event_kind : std::uint8_t {
    allocate = 1,      ///< block is new: the next number; size
    deallocate = 2,    ///< block; size if a wrong one was passed
    refused = 3,       ///< an allocation of this size failed, or a reallocation to this size
    reallocate = 4,    ///< block; size: the new one
    release = 5,       ///< all blocks of the resource are free
    thread_begin = 6,  ///< size: the number that the system gave to the thread
    thread_end = 7,
    phase = 8,     ///< text: its name
    resource = 9,  ///< text: its name; size: the number of the resource above it, or 0
    dropped = 10,  ///< size: how many events of the thread were not recorded
    unknown = 11,  ///< a free of an address at which no known block was; size: as passed
    missed = 12    ///< block: its free was not recorded, but its address was used again
};
inline constexpr std::size_t event_kinds = 13;
inline constexpr std::array<const char*, event_kinds> kind_names{
    "",           "allocate", "deallocate", "refused", "reallocate", "release",    "thread_begin",
    "thread_end", "phase",    "resource",   "dropped", "unknown",    "missed_free"};
inline constexpr std::size_t forms = 6;
inline constexpr std::array<const char*, forms> form_names{"memory_resource", "malloc", "calloc",
                                                           "aligned",         "new",    "new[]"};

/// One event of a trace. Blocks are numbered from 0 in the order of their allocation.
struct event {
    event_kind kind{};
    form of_form{};
    std::uint8_t alignment_exponent = 0;
    bool is_sized = false;  ///< a deallocation that was told a size: the block's, if `size` is 0
    std::uint16_t resource = 0;
    std::uint32_t thread = 0;
    std::uint64_t block = 0;
    std::uint64_t size = 0;
    std::uint64_t microseconds = 0;  ///< since the start; never less than in the event before
    std::uint32_t site = 0;  ///< of allocate and reallocate: see `call_sites`; 0: not recorded
    std::string_view text;   ///< valid until the source is asked for the next event

    friend bool operator==(const event&, const event&) = default;
};

/// Whether events of a kind name a block that was allocated before.
[[nodiscard]] constexpr bool names_block(event_kind of) noexcept {
    return of == event_kind::deallocate || of == event_kind::reallocate || of == event_kind::missed;
}

/// Whether events of a kind tell where the program made them.
[[nodiscard]] constexpr bool has_site(event_kind of) noexcept {
    return of == event_kind::allocate || of == event_kind::reallocate;
}

[[nodiscard]] constexpr bool has_text(event_kind of) noexcept {
    return of == event_kind::phase || of == event_kind::resource;
}

/// Larger ones are refused by readers.
inline constexpr std::uint64_t largest_size = (std::uint64_t{1} << 48) - 1;

/// Texts are cut to so many bytes by writers, and longer ones refused by readers.
inline constexpr std::size_t longest_text = 4096;

}  // namespace strata::tool::trace

#endif
