// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_REPORT_FLAME_TREE_HPP
#define STRATA_TOOL_REPORT_FLAME_TREE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tool/trace/call_sites.hpp"
#include "tool/trace/trace_summary.hpp"

namespace strata::tool::report {

/// What the width of a frame may stand for.
enum class measure : std::uint8_t { bytes, blocks, at_peak };
inline constexpr std::array measures{measure::bytes, measure::blocks, measure::at_peak};

/// A call with all that are inside of it.
struct flame_node {
    std::uint32_t name = 0;
    std::uint32_t caller = 0;
    std::array<std::uint64_t, measures.size()> sums{};
};

/// A node in a picture: from `begin` to `begin + part` of the width, in the row `depth`.
struct flame_box {
    std::uint32_t node = 0;
    std::uint32_t depth = 0;
    double begin = 0;
    double part = 0;
};

/// The call stacks of a program, merged from the outermost call inwards, with what was allocated in
/// each call and those inside of it. Node 0 is the whole program. What has no call stack is a node
/// of its own.
class flame_tree {
public:
    flame_tree(const trace::call_sites& all,
               const std::map<std::uint32_t, trace::site_share>& sums);

    /// No call stack is known.
    [[nodiscard]] bool empty() const noexcept { return nodes_.size() == 1; }
    [[nodiscard]] const std::vector<flame_node>& nodes() const noexcept { return nodes_; }
    /// Function, file and line, as they are in the trace; cut if that is very long.
    [[nodiscard]] const std::string& name_of(const flame_node& of) const { return names_[of.name]; }

    /// Row by row. Boxes that are too deep or too narrow to be seen are left out, and so are the
    /// narrowest of too many; what a box is inside of is always there.
    [[nodiscard]] std::vector<flame_box> boxes(measure by, std::size_t most_boxes,
                                               std::uint32_t most_depth) const;

private:
    std::vector<flame_node> nodes_ = std::vector<flame_node>(1);
    std::vector<std::string> names_;
};

}  // namespace strata::tool::report

#endif
