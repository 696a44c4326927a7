// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_FRAME_RULES_HPP
#define STRATA_SRC_TRACE_FRAME_RULES_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <strata/detail/cache_line.hpp>

#include "frame_rule.hpp"

namespace strata::detail {

/// The rules that were looked up, by the address of the call. All threads share them without a
/// lock: an entry is one word. An address is kept as a product that is different for each of 48
/// bits: its upper bits tell the line, and the lower ones are in the entry.
///
/// Lifetime: in memory of zeros, which are an empty one: it is not constructed.
/// Overhead: 1 MiB if all of it is used.
class frame_rules {
public:
    [[nodiscard, gnu::always_inline]] inline frame_rule at(std::uintptr_t address) noexcept {
        const std::uint64_t mixed = (address * 0x9E37'79B9'7F4A'7C15u) & mask_48;
        line& in = lines_[mixed >> tag_bits];
        const std::uint64_t tag = mixed & tag_mask;
        for (const std::uint64_t& each : in) {
            const std::uint64_t seen = __atomic_load_n(&each, __ATOMIC_RELAXED);
            if (seen >> frame_rule::bits == tag && seen != 0) {
                return frame_rule::unpacked(static_cast<std::uint32_t>(seen) & rule_mask);
            }
        }
        return look_up(in, tag, address);
    }

    /// Also while other threads look.
    [[gnu::cold]] void clear() noexcept {
        for (line& in : lines_) {
            for (std::uint64_t& each : in) {
                __atomic_store_n(&each, 0, __ATOMIC_RELAXED);
            }
        }
    }

private:
    static constexpr int line_bits = 14;
    static constexpr int tag_bits = 48 - line_bits;
    static_assert(tag_bits + frame_rule::bits == 64);
    static constexpr std::uint64_t mask_48 = (std::uint64_t{1} << 48) - 1;
    static constexpr std::uint64_t tag_mask = (std::uint64_t{1} << tag_bits) - 1;
    static constexpr std::uint32_t rule_mask = (std::uint32_t{1} << frame_rule::bits) - 1;

    using line = std::array<std::uint64_t, cache_line / sizeof(std::uint64_t)>;

    [[gnu::cold, gnu::noinline]] static frame_rule look_up(line& in, std::uint64_t tag,
                                                           std::uintptr_t address) noexcept {
        const frame_rule found = find_frame_rule(address);
        std::size_t way = 0;
        while (way != in.size() && __atomic_load_n(&in[way], __ATOMIC_RELAXED) != 0) {
            ++way;
        }
        // A full line: any of them makes room.
        __atomic_store_n(&in[way == in.size() ? tag % in.size() : way],
                         tag << frame_rule::bits | found.packed(), __ATOMIC_RELAXED);
        return found;
    }

    alignas(cache_line) std::array<line, std::size_t{1} << line_bits> lines_;
};

}  // namespace strata::detail

#endif
