// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_CHUNK_OPTIONS_HPP
#define STRATA_STRATEGIES_DETAIL_CHUNK_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <string>
#include <tuple>

#include <strata/core/option_table.hpp>
#include <strata/strategies/detail/size_class.hpp>

// The options of the chunks that arenas and pools take.

namespace strata::detail {

inline constexpr std::uint64_t most_of_a_chunk = std::uint64_t{1} << 61;

/// Whether the first chunk of a resource with this description may be `auto_size`.
template <class Description>
concept learns_its_size = requires { &Description::profile; };

/// The message that the first chunk is larger than the largest; empty if it is not. A first chunk
/// of the default size is never too large, nor is one that is learnt: it is reduced instead.
[[nodiscard]] std::string contradiction_of_chunks(std::size_t first, std::size_t usual_first,
                                                  std::size_t largest);
/// The message that there is a profile and nothing to learn; empty if the first chunk is learnt.
[[nodiscard]] std::string contradiction_of_profiles(std::size_t first);
template <class Description>
[[nodiscard]] std::string contradiction_of_chunks(const Description& of) {
    if constexpr (learns_its_size<Description>) {
        if (of.first_chunk == auto_size || of.profile != Description{}.profile) {
            return contradiction_of_profiles(of.first_chunk);
        }
    }
    return contradiction_of_chunks(of.first_chunk, Description{}.first_chunk, of.largest_chunk);
}

inline constexpr option_facts facts_of_profile{
    .name = "profile",
    .what = "the file of learnt sizes, for first_chunk=auto; without one, the process's own",
    .type = option_type::path,
    .most = 4095};

template <class Arena>
[[nodiscard]] constexpr auto options_of_arenas() {
    return std::tuple{option{&Arena::first_chunk,
                             {.name = "first_chunk",
                              .what = "what the first chunk serves",
                              .least = 1,
                              .most = most_of_a_chunk,
                              .tries = {1024, std::uint64_t{1} << 24, 4},
                              .asks_below = true,
                              .may_be_auto = learns_its_size<Arena>}},
                      option{&Arena::growth,
                             {.name = "growth",
                              .what = "each chunk is so many times as large as the one before",
                              .least = 1}},
                      option{&Arena::largest_chunk,
                             {.name = "largest_chunk",
                              .what = "no chunk serves more, save for one larger block",
                              .least = 1,
                              .most = std::numeric_limits<std::ptrdiff_t>::max()}}};
}

/// The options in force of a pool. They also have the members of `std::pmr::pool_options`, like the
/// options of the standard's pools.
template <class Pool>
struct pool_options_in_force : Pool {
    std::size_t largest_required_pool_block = 0;

    operator std::pmr::pool_options() const noexcept {
        std::pmr::pool_options standard;
        standard.max_blocks_per_chunk = this->max_blocks_per_chunk;
        standard.largest_required_pool_block = largest_required_pool_block;
        return standard;
    }
};

/// Converts the options of a standard pool, in which 0 means the default.
template <class Pool>
[[nodiscard]] constexpr Pool from_standard(const std::pmr::pool_options& standard) noexcept {
    Pool pool{};
    if (standard.max_blocks_per_chunk != 0) {
        pool.max_blocks_per_chunk = standard.max_blocks_per_chunk;
    }
    if (standard.largest_required_pool_block != 0) {
        pool.largest_block = standard.largest_required_pool_block;
    }
    return pool;
}

template <class Pool>
[[nodiscard]] constexpr auto options_of_pools() {
    return std::tuple{
        option{&Pool::largest_block,
               {.name = "largest_block",
                .what = "larger blocks go to the upstream one by one, and back when freed",
                .least = 1,
                .most = largest_class_size,
                .tries = {256, largest_class_size, 4},
                .asks_below = true}},
        option{&Pool::max_blocks_per_chunk,
               {.name = "max_blocks_per_chunk",
                .what = "no chunk holds more blocks of the size that it is taken for",
                .type = option_type::count,
                .least = 1}},
        option{&Pool::first_chunk,
               {.name = "first_chunk",
                .what = "what the first chunk takes",
                .least = 1,
                .most = most_of_a_chunk,
                .tries = {1024, std::uint64_t{1} << 20, 4},
                .asks_below = true,
                .may_be_auto = true}},
        option{&Pool::largest_chunk,
               {.name = "largest_chunk",
                .what = "no chunk takes more, save for one larger block",
                .least = 1,
                .most = most_of_a_chunk,
                .tries = {65536, std::uint64_t{1} << 24, 4}}},
        option{&Pool::hardened,
               {.name = "hardened",
                .what = "finds writes to free blocks and double frees; calls take longer"}},
        option{&Pool::profile, facts_of_profile}};
}

}  // namespace strata::detail

#endif
