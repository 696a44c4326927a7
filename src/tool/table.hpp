// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TABLE_HPP
#define STRATA_TOOL_TABLE_HPP

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace strata::tool {

/// Rows of text in columns that are as wide as their longest text; the last column is not padded.
class table {
public:
    using row = std::vector<std::string>;

    explicit table(row heads) : rows_{std::move(heads)} {}
    /// The row must have as many texts as there are heads.
    void add(row next) { rows_.push_back(std::move(next)); }

    friend std::ostream& operator<<(std::ostream& out, const table& of);

private:
    std::vector<row> rows_;
};

}  // namespace strata::tool

#endif
