// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_VALID_MARKS_HPP
#define STRATA_STRATEGIES_DETAIL_VALID_MARKS_HPP

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// The newest marks of an arena that are still valid, so that a checked build can recognise stale
/// ones. Marks that are older than all of these count as valid.
class valid_marks {
public:
    /// The serial number of the next mark.
    [[nodiscard]] std::uint64_t next() noexcept { return next_++; }

    void add(std::uint64_t mark) noexcept {
        if (count_ == marks_.size()) {
            --count_;
            for (std::size_t i = 0; i != count_; ++i) {
                marks_[i] = marks_[i + 1];
            }
        }
        marks_[count_++] = mark;
    }

    /// Whether the mark is valid. If so, the marks taken after it become stale.
    bool rewind(std::uint64_t mark) noexcept {
        if (mark < oldest_) {
            return false;
        }
        std::size_t kept = count_;
        while (kept != 0 && marks_[kept - 1] > mark) {
            --kept;
        }
        if (kept != 0 && marks_[kept - 1] != mark) {
            return false;
        }
        count_ = kept;
        if (count_ == 0) {
            add(mark);  // so that later marks are known to be stale
        }
        return true;
    }

    /// Makes all marks stale.
    void clear() noexcept {
        count_ = 0;
        oldest_ = next_;
    }

private:
    std::array<std::uint64_t, 8> marks_;  // the first count_; others are not initialised
    std::size_t count_ = 0;
    std::uint64_t next_ = 1;
    std::uint64_t oldest_ = 1;
};

}  // namespace strata::detail

#endif
