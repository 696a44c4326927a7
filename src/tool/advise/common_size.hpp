// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_ADVISE_COMMON_SIZE_HPP
#define STRATA_TOOL_ADVISE_COMMON_SIZE_HPP

#include <cstdint>

namespace strata::tool::advise {

/// Finds the size that more than half of all blocks have, if one has, in a few bytes: Boyer and
/// Moore's majority vote.
class common_size {
public:
    void add(std::uint64_t size) noexcept {
        if (votes_ == 0) {
            size_ = size;
        }
        votes_ += size == size_ ? 1 : -1;
    }
    /// Of all blocks, or of none.
    [[nodiscard]] std::uint64_t get() const noexcept { return size_; }
    /// A lower bound of how many more blocks have this size than have others; not above 0 if none
    /// is sure to be of most.
    [[nodiscard]] std::int64_t lead() const noexcept { return votes_; }

private:
    std::uint64_t size_ = 0;
    std::int64_t votes_ = 0;
};

}  // namespace strata::tool::advise

#endif
