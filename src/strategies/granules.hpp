// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_STRATEGIES_GRANULES_HPP
#define STRATA_SRC_STRATEGIES_GRANULES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/poison.hpp>
#include <strata/strategies/detail/size_lists.hpp>

// How a bounded_time_resource lays out its memory: a row of live and free blocks without gaps,
// counted in granules. A live block has no header, since its size comes with `deallocate`. Two bits
// for each edge between two granules tell whether the neighbours of a block are free. The bits of
// an edge are written when a block begins or ends there, and read only for such edges. The bits of
// all other edges may have any value, so the memory needs no clearing when it is taken.

namespace strata::detail::granules {

using index = std::uint32_t;
using word [[gnu::may_alias]] = std::uint32_t;  // users had objects of other types there

constexpr std::size_t granule = 16;
constexpr index none = size_lists::none;
// So that the number of every granule is below `none`.
constexpr std::size_t largest_capacity = std::min<unsigned long long>(
    std::numeric_limits<std::ptrdiff_t>::max(), std::uint64_t{1} << 36);

// --- free blocks --------------------------------------------------------------------------------

// The header of a free block, in its first granule. The last word of its last granule holds the
// size again, for the block behind it; in a block of one granule that is the word behind the
// header.
struct [[gnu::may_alias]] free_block {
    word size;
    word previous;
    word next;
};

STRATA_TOUCHES_POISON inline free_block read_free(const std::byte* at) noexcept {
    return *reinterpret_cast<const free_block*>(at);
}

STRATA_TOUCHES_POISON inline index read_word(const std::byte* at) noexcept {
    return *reinterpret_cast<const word*>(at);
}

STRATA_TOUCHES_POISON inline void write_word(std::byte* at, index value) noexcept {
    *reinterpret_cast<word*>(at) = value;
}

// --- edges --------------------------------------------------------------------------------------

// An edge has two bits: is the block before it live, is the block behind it live. The ends of the
// memory count as live blocks. Two free blocks are never neighbours, so an edge between blocks has
// at least one of the bits. A word with the first bits of 32 edges is followed by a word with their
// second bits.
enum side : std::size_t { before = 0, behind = sizeof(word) };

constexpr index edges_per_word = 32;

constexpr std::size_t edge_bytes(std::size_t granules) noexcept {
    return (granules / edges_per_word + 1) * 2 * sizeof(word);  // one edge more than granules
}

struct edge {
    edge(std::byte* edges, index number) noexcept
        : words{edges + std::size_t{number / edges_per_word} * (2 * sizeof(word))},
          bit{index{1} << number % edges_per_word} {}

    [[nodiscard]] bool has_live(side at) const noexcept {
        return (read_word(words + at) & bit) != 0;
    }
    void set_live(side at) const noexcept { write_word(words + at, read_word(words + at) | bit); }
    void set_free(side at) const noexcept { write_word(words + at, read_word(words + at) & ~bit); }

    std::byte* words;
    index bit;
};

// Whether a live block can lie between two edges. Whether another block begins or ends between them
// is looked up in the first word only, so that there is no loop.
inline bool are_around_live(const edge& begin, const edge& end) noexcept {
    const index behind_end = begin.words == end.words ? ~(end.bit - 1) : 0;
    const index inside = ~(2 * begin.bit - 1) & ~behind_end;
    const index used = read_word(begin.words + before) | read_word(begin.words + behind);
    return begin.has_live(behind) && end.has_live(before) && (used & inside) == 0;
}

// --- sizes --------------------------------------------------------------------------------------

// How many granules fit into so many bytes, with the bits of their edges.
inline index granules_in(std::size_t bytes) noexcept {
    // 4 granules and 8 bits for their edges take 65 bytes.
    std::size_t granules = bytes / 65 * 4 + bytes % 65 * 4 / 65;
    while (granules != 0 && granules * granule + edge_bytes(granules) > bytes) {
        --granules;
    }
    return static_cast<index>(granules);
}

inline index granules_in(std::span<const std::byte> memory) noexcept {
    const std::size_t padding = padding_at(memory.data(), granule);
    return memory.size() < padding
               ? 0
               : granules_in(std::min(memory.size() - padding, largest_capacity));
}

// The number of the last granule in a block of this size; counting the granules could wrap.
inline std::size_t last_granule_of(std::size_t bytes) noexcept {
    return (bytes - (bytes != 0)) / granule;
}

}  // namespace strata::detail::granules

#endif
