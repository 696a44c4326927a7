// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_STRATEGIES_BLOCK_ROOM_HPP
#define STRATA_SRC_STRATEGIES_BLOCK_ROOM_HPP

#include <algorithm>
#include <cstddef>

#include <strata/core/layout.hpp>
#include <strata/strategies/detail/large_blocks.hpp>
#include <strata/strategies/detail/size_class.hpp>

namespace strata::detail {

/// Where a pool has a block of some layout (in a size class, or as a large block), and how many
/// bytes the block may use there. Blocks of equal places are freed in the same way.
class block_place {
public:
    /// In a pool that has size classes for reaches below `limit`.
    block_place(layout as, std::size_t limit) noexcept
        : size_{std::max<std::size_t>(as.size, 1)},
          reach_{reach_of(size_, as.alignment)},
          is_large_{reach_ >= limit} {}

    [[nodiscard]] bool is_large() const noexcept { return is_large_; }
    [[nodiscard]] std::size_t room() const noexcept {
        return is_large_ ? large_blocks::room_for(size_) : size_of_class(size_class_of(reach_));
    }
    friend bool operator==(const block_place& a, const block_place& b) noexcept {
        return a.is_large_ == b.is_large_ && a.room() == b.room();
    }

private:
    std::size_t size_;
    std::size_t reach_;
    bool is_large_;
};

}  // namespace strata::detail

#endif
