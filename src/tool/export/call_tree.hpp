// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_CALL_TREE_HPP
#define STRATA_TOOL_EXPORT_CALL_TREE_HPP

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace strata::tool::exporting {

/// Bytes by function that allocated, by its callers, and by theirs, as massif shows them.
class call_tree {
public:
    /// Massif has 30 unless told otherwise; ms_print calls itself for each.
    static constexpr std::size_t most_depth = 100;

    /// The frames of a call stack, the innermost first, by their numbers.
    void add(std::span<const std::size_t> stack, std::uint64_t bytes);

    [[nodiscard]] std::uint64_t bytes() const noexcept { return nodes_.front().bytes; }

    /// Writes the tree in massif's format: what has less than a hundredth of the bytes is told in
    /// one line.
    void write(std::ostream& to, const std::vector<std::string>& frames) const;

private:
    struct node {
        std::size_t frame = 0;
        std::uint64_t bytes = 0;
        std::unordered_map<std::size_t, std::size_t> callers;  ///< by frame: where they are
    };

    void write_node(std::ostream& to, const node& of, const std::vector<std::string>& frames,
                    std::size_t depth) const;

    std::vector<node> nodes_ = std::vector<node>(1);  ///< [0] is the root
};

}  // namespace strata::tool::exporting

#endif
