// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_PACKED_FORMAT_HPP
#define STRATA_TOOL_TRACE_PACKED_FORMAT_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

// A packed trace: a header, frames, and a footer. docs/trace-format.md describes it for others. All
// numbers are little-endian; checksums are CRC-32 of the bytes before them.
namespace strata::tool::trace {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::array<char, 8> packed_magic{'S', 'T', 'R', 'A', 'T', 'A', 'P', 'T'};
inline constexpr std::uint32_t packed_version = 1;

struct packed_header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t program_bytes;  ///< of the program's name, which follows
    std::uint64_t process;
    std::uint64_t started;          ///< nanoseconds since 1970
    std::uint64_t sample_distance;  ///< as in a live trace; 0: everything was recorded
    std::uint32_t reserved;
    std::uint32_t checksum;  ///< of the fields before, and then of the name
};
static_assert(sizeof(packed_header) == 48);

inline constexpr std::array<char, 4> frame_magic{'F', 'R', 'A', 'M'};

enum class frame_kind : std::uint32_t {
    events = 1,
    index = 2,  ///< of all frames before it: the last frame
    sites = 3   ///< call stacks: after the frames of events
};

/// A frame can be read without those before it: its header tells where in the trace it is.
struct frame_header {
    std::array<char, 4> magic;
    std::uint32_t kind;            ///< readers skip kinds that they do not know
    std::uint32_t packed_bytes;    ///< of the payload, which follows
    std::uint32_t unpacked_bytes;  ///< of the same without compression
    std::uint64_t first_event;     ///< how many events are before it
    std::uint64_t first_block;     ///< how many blocks were allocated before it
    std::uint64_t microseconds;    ///< the clock before the first event
    std::uint32_t events;
    std::uint32_t thread;  ///< of the first event, if no switch is before it
    std::uint32_t reserved;
    std::uint32_t checksum;
};
static_assert(sizeof(frame_header) == 56);

struct packed_footer {
    std::uint64_t index_offset;  ///< of the header of the index
    std::uint64_t events;
    std::uint32_t checksum;
    std::array<char, 4> magic;
};
static_assert(sizeof(packed_footer) == 24);
inline constexpr std::array<char, 4> footer_magic{'P', 'E', 'N', 'D'};

/// What readers accept, so that a broken file cannot make them take much memory.
inline constexpr std::uint32_t most_frame_bytes = 16 * 1024 * 1024;
/// What this writer puts into a frame: enough to compress well, and a megabyte to unpack.
inline constexpr std::uint32_t events_per_frame = 128 * 1024;

/// The columns of a frame of events.
enum class column : std::uint8_t {
    operations = 1,  ///< the table of operations
    codes = 2,       ///< for each event its operation; before it, maybe, a switch of thread
    threads = 3,
    sizes = 4,
    distances = 5,  ///< from the number of the next block back to the block
    times = 6,
    texts = 7,
    sites = 8  ///< of allocations and reallocations
};
inline constexpr std::size_t columns = 9;

/// The columns of a frame of call stacks. Texts, modules, places and calls are numbered from 1,
/// through all such frames.
enum class site_column : std::uint8_t {
    texts = 1,
    modules = 2,
    places = 3,
    names = 4,       ///< of the places
    callers = 5,     ///< for each call the distance to the one that it is inside of
    call_places = 6  ///< for each call its place
};
inline constexpr std::size_t site_columns = 7;

}  // namespace strata::tool::trace

#endif
