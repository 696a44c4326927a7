// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_LITTER_HPP
#define STRATA_TOOL_REPLAY_DRIVER_LITTER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tool/replay/driver/dice.hpp"
#include "tool/replay/driver/own_memory.hpp"
#include "tool/replay/driver/servers.hpp"
#include "tool/replay/driver/settings.hpp"
#include "tool/replay/plan.hpp"

namespace strata::tool::replay {

/// Leaves a heap as earlier work would: blocks of 16 B to 4 KiB, small ones more often, of which
/// three in four are free again, at random.
template <class Server>
void litter(Server& in, std::uint64_t most_live) {
    const std::uint64_t wanted = bytes_of_litter(most_live);
    constexpr std::size_t alignment_exponent = 4;
    dice random{42};
    const own_memory<block> blocks{wanted / 512};
    std::uint64_t taken = 0;
    std::size_t count = 0;
    for (; taken < wanted && count != blocks.size(); ++count) {
        const std::uint64_t power = std::uint64_t{16} << random.roll() % 8;
        const std::size_t size = power + random.roll() % power;
        block& next = blocks[count];
        next = {nullptr, size & 0xFFFF, alignment_exponent};
        next.address = in.allocate(size, next.as().alignment, manner::plain);
        if (next.address == nullptr) {
            break;
        }
        std::memset(next.address, 1, std::min<std::size_t>(size, Server::mask));
        taken += size;
    }
    for (std::size_t i = 0; i != count; ++i) {
        if (random.roll() % 4 != 0) {
            in.deallocate(blocks[i]);
        }
    }
    // glibc sorts what was freed when it next looks for room, 10,000 blocks at a time. That work is
    // the litter's, not that of the first calls of the replay.
    for (int i = 0; i != 128; ++i) {
        block large{nullptr, 65'000, alignment_exponent};
        large.address = in.allocate(large.size, large.as().alignment, manner::plain);
        if (large.address != nullptr) {
            in.deallocate(large);
        }
    }
}

}  // namespace strata::tool::replay

#endif
