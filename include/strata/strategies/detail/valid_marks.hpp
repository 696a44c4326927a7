// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_VALID_MARKS_HPP
#define STRATA_STRATEGIES_DETAIL_VALID_MARKS_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// The newest marks of an arena that are still valid, so that a checked build can tell stale ones.
/// Marks that are older than all of these count as valid.
class valid_marks {
public:
    /// The serial number of the next mark.
    [[nodiscard]] std::uint64_t next() noexcept { return next_++; }

    void add(std::uint64_t mark) noexcept {
        if (count_ == marks_.size()) {
            std::move(marks_.begin() + 1, marks_.end(), marks_.begin());
            --count_;
        }
        marks_[count_++] = mark;
    }

    /// Whether the mark is valid. If so, the marks taken after it are not from now on.
    bool rewind(std::uint64_t mark) noexcept {
        if (mark < oldest_) {
            return false;
        }
        const auto begin = marks_.begin();
        const auto after = std::upper_bound(begin, begin + count_, mark);
        if (after != begin && *(after - 1) != mark) {
            return false;
        }
        count_ = static_cast<std::size_t>(after - begin);
        if (count_ == 0) {
            add(mark);  // so that those after it are known to be stale
        }
        return true;
    }

    /// Makes all marks stale.
    void clear() noexcept {
        count_ = 0;
        oldest_ = next_;
    }

private:
    std::array<std::uint64_t, 8> marks_{};
    std::size_t count_ = 0;
    std::uint64_t next_ = 1;
    std::uint64_t oldest_ = 1;
};

}  // namespace strata::detail

#endif
