// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_LIVE_FORMAT_HPP
#define STRATA_SRC_TRACE_LIVE_FORMAT_HPP

#include <array>
#include <cstdint>

// A live trace: what a recorded program writes, in memory that it shares with the file. It is valid
// at any moment, also after the program was killed. docs/trace-format.md describes it for others;
// `strata pack` makes a packed trace of it, which is smaller and has numbers instead of addresses.
//
// The file is a header and then chunks, all of one size. A chunk belongs to one thread at a time,
// which alone writes to it: first an event, then the count of events, released. So readers see
// whole events only. All numbers are little-endian.
namespace strata::live_trace {

inline constexpr std::array<char, 8> magic{'S', 'T', 'R', 'A', 'T', 'A', 'L', 'T'};
inline constexpr std::uint32_t version = 1;
/// Of a trace with call stacks, which has events of the kinds after `dropped`.
inline constexpr std::uint32_t version_with_stacks = 2;

/// Both the header and each chunk take this many bytes.
inline constexpr std::uint32_t chunk_bytes = 64 * 1024;

enum class kind : std::uint8_t {
    // A block is written down after it was allocated and before it is freed. So in the order of
    // clocks a block is live before it is freed, and is freed before its address is used again.
    allocate = 1,
    deallocate = 2,        ///< size: as passed to `deallocate`
    refused = 3,           ///< an allocation that failed; there is no address
    reallocate_begin = 4,  ///< address: of the block that is about to change
    reallocate_end = 5,    ///< the next event of the thread: where the block is now, its new size;
                           ///< address 0 if nothing changed
    release = 6,           ///< all blocks of the resource are free
    thread_begin = 7,      ///< size: the number that the system gave to the thread
    thread_end = 8,
    phase = 9,     ///< the program is in a new phase; size: how many bytes of text follow
    resource = 10, ///< names a resource; address: the number of the one above it, or 0; size: how
                   ///< many bytes of text follow
    dropped = 11,  ///< size: how many events of this thread were not recorded before this one
    module = 12,   ///< resource: its number; address: what is added to the addresses of its file;
                   ///< size: how many bytes of text follow, build id and path
    call = 13,     ///< a call in a tree of calls, see `call_event`
    site = 14      ///< size: the number of the call that the thread's next event is for
};

/// The size of an event of kind `call`: its number and, above that, the number of the call that it
/// is inside of, or 0. The address is that of its last byte in the file of the module, whose number
/// is in the place of the resource. Without a module, 0, it is an address in memory.
inline constexpr unsigned bits_of_call = 24;
inline constexpr std::uint32_t most_calls = (std::uint32_t{1} << bits_of_call) - 1;

/// What a program called, where it matters for a replay.
enum class form : std::uint8_t {
    memory_resource = 0,
    malloc = 1,
    calloc = 2,
    aligned = 3,  ///< aligned_alloc, posix_memalign, memalign, valloc
    new_one = 4,
    new_array = 5
};

/// 24 bytes. A text follows its event in as many whole events as it takes, padded with zeros.
struct event {
    std::uint64_t address : 48;
    std::uint64_t of_kind : 6;
    std::uint64_t alignment_exponent : 6;
    std::uint64_t of_form : 4;
    std::uint64_t size : 48;
    std::uint64_t resource : 16;  ///< as numbered by events of kind `resource`, from 1
    std::uint64_t clock;          ///< ticks since any moment, the same for all threads
};
static_assert(sizeof(event) == 24);

struct file_header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t chunk_bytes;
    std::uint64_t process;
    std::uint64_t started;           ///< nanoseconds since 1970
    std::uint64_t clock_at_start;    ///< the clock at that moment
    std::uint64_t ticks_per_second;  ///< of the clock
    std::array<char, 256> program;   ///< its name, ended by a zero
    std::uint64_t sample_distance;   ///< 0: everything is recorded; see below
};

/// The probability that an allocation is in a sample is 1 - exp(-size / distance). A size of 0
/// counts as 1. The free of a block is there if its allocation is. This is the largest distance, in
/// bytes.
inline constexpr std::uint64_t most_sample_distance = std::uint64_t{1} << 30;

struct chunk_header {
    std::array<char, 4> magic;  ///< "CHNK"; zeros: not in use
    std::uint32_t used;         ///< how many events are whole (a text's parts count)
    std::uint64_t thread;       ///< numbered from 1 in the order in which threads came
    std::uint64_t sequence;     ///< counts the chunks of this thread from 0
};
static_assert(sizeof(chunk_header) == 24);

inline constexpr std::array<char, 4> chunk_magic{'C', 'H', 'N', 'K'};
inline constexpr std::uint32_t events_per_chunk =
    (chunk_bytes - sizeof(chunk_header)) / sizeof(event);

}  // namespace strata::live_trace

#endif
