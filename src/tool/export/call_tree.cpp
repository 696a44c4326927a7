// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/export/call_tree.hpp"

#include <algorithm>

namespace strata::tool::exporting {

void call_tree::add(std::span<const std::size_t> stack, std::uint64_t bytes) {
    std::size_t at = 0;
    nodes_[at].bytes += bytes;
    for (const std::size_t frame : stack.first(std::min(stack.size(), most_depth))) {
        const auto [found, is_new] = nodes_[at].callers.try_emplace(frame, nodes_.size());
        at = found->second;
        if (is_new) {
            nodes_.push_back({.frame = frame, .bytes = 0, .callers = {}});
        }
        nodes_[at].bytes += bytes;
    }
}

void call_tree::write(std::ostream& to, const std::vector<std::string>& frames) const {
    write_node(to, nodes_.front(), frames, 0);
}

void call_tree::write_node(std::ostream& to, const node& of, const std::vector<std::string>& frames,
                           std::size_t depth) const {
    std::vector<const node*> shown;
    std::uint64_t small = 0;
    std::uint64_t small_bytes = 0;
    for (const auto& [frame, place] : of.callers) {
        const node& caller = nodes_[place];
        if (caller.bytes * 100 >= bytes()) {
            shown.push_back(&caller);
        } else {
            ++small;
            small_bytes += caller.bytes;
        }
    }
    std::ranges::sort(shown, [](const node* left, const node* right) {
        return left->bytes != right->bytes ? left->bytes > right->bytes
                                           : left->frame < right->frame;
    });
    const auto begin = [&](std::size_t indent, std::size_t callers, std::uint64_t of_bytes) {
        to << std::string(indent, ' ') << 'n' << callers << ": " << of_bytes << ' ';
    };
    begin(depth, shown.size() + (small == 0 ? 0 : 1), of.bytes);
    to << (depth == 0 ? "(heap allocation functions) malloc/new/new[], --alloc-fns, etc."
                      : frames[of.frame])
       << '\n';
    for (const node* const each : shown) {
        write_node(to, *each, frames, depth + 1);
    }
    if (small != 0) {
        begin(depth + 1, 0, small_bytes);
        to << "in " << small << (small == 1 ? " place" : " places")
           << ", all below massif's threshold (1.00%)\n";
    }
}

}  // namespace strata::tool::exporting
