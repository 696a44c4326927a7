// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPLAY_DRIVER_DICE_HPP
#define STRATA_TOOL_REPLAY_DRIVER_DICE_HPP

#include <cstdint>

namespace strata::tool::replay {

/// Random numbers of 31 bits, the same in each process: Knuth's MMIX generator.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_{seed} {}

    std::uint64_t roll() noexcept {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return state_ >> 33;
    }

private:
    std::uint64_t state_;
};

}  // namespace strata::tool::replay

#endif
