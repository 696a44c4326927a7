// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TABLE_HPP
#define STRATA_TOOL_TABLE_HPP

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace strata::tool {

/// Rows of text in columns that are as wide as their longest text. The columns from `numbers_from`
/// on, if any, are for numbers: their texts stand at the right.
class table {
public:
    using row = std::vector<std::string>;

    explicit table(row heads, std::size_t numbers_from = ~std::size_t{0})
        : rows_{std::move(heads)},
          numbers_from_{numbers_from} {}
    /// The row must have as many texts as there are heads.
    void add(row next) { rows_.push_back(std::move(next)); }

    friend std::ostream& operator<<(std::ostream& out, const table& of);

private:
    std::vector<row> rows_;
    std::size_t numbers_from_;
};

}  // namespace strata::tool

#endif
