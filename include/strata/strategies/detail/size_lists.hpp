// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_SIZE_LISTS_HPP
#define STRATA_STRATEGIES_DETAIL_SIZE_LISTS_HPP

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace strata::detail {

/// The heads of lists of blocks, one list for each class of sizes. Bitmaps of two levels find the
/// next list that has a block, in O(1). Sizes are counts from 1 to 2^32 - 1; blocks are numbers
/// below `none`.
class size_lists {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    /// A class of sizes. A row is a doubling of the size, a column is a 32nd of its row. Up to 63,
    /// each size has a class of its own.
    struct list {
        std::uint32_t row;
        std::uint32_t column;

        friend constexpr auto operator<=>(const list&, const list&) = default;
    };
    static constexpr std::uint32_t rows = 32;
    static constexpr std::uint32_t columns = 32;
    /// The result of a search that finds nothing: a list behind all others, which is always empty.
    static constexpr list no_list{rows, 0};

    size_lists() noexcept { clear(); }

    [[nodiscard]] static constexpr list list_of(std::uint32_t size) noexcept {
        const int row = 31 - __builtin_clz(size);  // no test for 0, as std::bit_width has
        // The 5 bits below the highest one, moved to the top; if there are fewer, zeros follow.
        return {static_cast<std::uint32_t>(row), std::rotr(size, row & 31) >> 27};
    }

    /// The first block of a list, or `none`.
    [[nodiscard]] std::uint32_t head(list of) const noexcept { return heads_[index_of(of)]; }

    /// Puts a block before the others of a list; returns the one that was first.
    std::uint32_t push(list to, std::uint32_t block) noexcept {
        const std::uint32_t next = heads_[index_of(to)];
        heads_[index_of(to)] = block;
        if (next == none) {
            used_columns_[to.row] |= std::uint32_t{1} << to.column;
            used_rows_ |= std::uint32_t{1} << to.row;
        }
        return next;
    }
    /// Makes another block the first of a list, or empties it.
    void set_head(list of, std::uint32_t block) noexcept {
        heads_[index_of(of)] = block;
        if (block == none) {
            used_columns_[of.row] &= ~(std::uint32_t{1} << of.column);
            if (used_columns_[of.row] == 0) {
                used_rows_ &= ~(std::uint32_t{1} << of.row);
            }
        }
    }

    /// The first list behind this one that has a block.
    [[nodiscard]] list next_after(list from) const noexcept {
        std::uint32_t in_row = used_columns_[from.row] & (~std::uint32_t{1} << from.column);
        if (in_row == 0) {
            const std::uint32_t behind = used_rows_ & (~std::uint32_t{1} << from.row);
            if (behind == 0) {
                return no_list;
            }
            from.row = lowest_bit(behind);
            in_row = used_columns_[from.row];
        }
        return {from.row, lowest_bit(in_row)};
    }
    /// The last list that has a block.
    [[nodiscard]] list last() const noexcept {
        if (used_rows_ == 0) {
            return no_list;
        }
        const std::uint32_t row = highest_bit(used_rows_);
        return {row, highest_bit(used_columns_[row])};
    }

    void clear() noexcept {
        used_rows_ = 0;
        used_columns_.fill(0);
        heads_.fill(none);
    }

private:
    [[nodiscard]] static std::size_t index_of(list of) noexcept {
        return of.row * columns + of.column;
    }
    // The argument is not 0. std::countr_zero would test for that.
    [[nodiscard]] static std::uint32_t lowest_bit(std::uint32_t of) noexcept {
        return static_cast<std::uint32_t>(__builtin_ctz(of));
    }
    [[nodiscard]] static std::uint32_t highest_bit(std::uint32_t of) noexcept {
        return 31U - static_cast<std::uint32_t>(__builtin_clz(of));
    }

    std::uint32_t used_rows_;  // a bit for each row with a bit in used_columns_
    std::array<std::uint32_t, rows> used_columns_;  // a bit for each list with a block
    std::array<std::uint32_t, rows * columns + 1> heads_;
};

}  // namespace strata::detail

#endif
