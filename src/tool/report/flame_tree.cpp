// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/report/flame_tree.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

#include "tool/trace/number_map.hpp"
#include "tool/trace/site_groups.hpp"

namespace strata::tool::report {
namespace {

constexpr std::size_t longest_frame_name = 400;
constexpr double narrowest = 0.0005;

// A call's name may be megabytes long, and be in thousands of stacks: it is made once.
class frame_names {
public:
    std::uint32_t number_of(const trace::shown_call& call) {
        const auto key = call.name != nullptr
                             ? std::pair{static_cast<const void*>(call.name), std::uint64_t{0}}
                             : std::pair{static_cast<const void*>(call.module), call.address};
        const auto [place, is_new] = by_call_.try_emplace(key, 0);
        if (is_new) {
            const std::string name = text_of(call).substr(0, longest_frame_name);
            const auto next = static_cast<std::uint32_t>(names_.size());
            const auto found = by_name_.try_emplace(name, next).first;
            place->second = found->second;
            if (found->second == next) {
                names_.push_back(name);
            }
        }
        return place->second;
    }
    [[nodiscard]] std::vector<std::string> take() { return std::move(names_); }

private:
    std::map<std::pair<const void*, std::uint64_t>, std::uint32_t> by_call_;
    std::unordered_map<std::string, std::uint32_t> by_name_;
    std::vector<std::string> names_{"all", "(no call stack)"};
};

void add_to(flame_node& node, const trace::site_share& more) {
    node.sums[static_cast<std::size_t>(measure::bytes)] += more.allocated.bytes;
    node.sums[static_cast<std::size_t>(measure::blocks)] += more.allocated.blocks;
    node.sums[static_cast<std::size_t>(measure::at_peak)] += more.at_peak.bytes;
}

std::vector<std::vector<std::uint32_t>> calls_by_caller(const std::vector<flame_node>& tree,
                                                        measure by) {
    std::vector<std::vector<std::uint32_t>> all(tree.size());
    for (std::uint32_t i = 1; i < tree.size(); ++i) {
        all[tree[i].caller].push_back(i);
    }
    for (auto& each : all) {
        std::ranges::stable_sort(each, std::greater{}, [&](std::uint32_t node) {
            return tree[node].sums[static_cast<std::size_t>(by)];
        });
    }
    return all;
}

}  // namespace

flame_tree::flame_tree(const trace::call_sites& all,
                       const std::map<std::uint32_t, trace::site_share>& sums) {
    frame_names names;
    trace::number_map<std::uint32_t> places;  // by caller and name
    trace::site_share without_stack;
    for (const auto& [site, share] : sums) {
        std::vector<trace::shown_call> stack = all.calls_of(site);
        std::ranges::reverse(stack);  // the outermost first
        add_to(nodes_[0], share);
        if (stack.empty()) {
            without_stack.allocated += share.allocated;
            without_stack.at_peak += share.at_peak;
            continue;
        }
        std::uint32_t node = 0;
        for (const trace::shown_call& each : stack) {
            const std::uint32_t name = names.number_of(each);
            const std::uint64_t key = std::uint64_t{node} << 32 | name;
            const std::uint32_t* found = places.find(key);
            if (found == nullptr) {
                places.put(key, static_cast<std::uint32_t>(nodes_.size()));
                nodes_.push_back({.name = name, .caller = node, .sums = {}});
                found = places.find(key);
            }
            node = *found;
            add_to(nodes_[node], share);
        }
    }
    if (!empty() && without_stack.allocated.blocks != 0) {
        nodes_.push_back({.name = 1, .caller = 0, .sums = {}});
        add_to(nodes_.back(), without_stack);
    }
    names_ = names.take();
}

std::vector<flame_box> flame_tree::boxes(measure by, std::size_t most_boxes,
                                         std::uint32_t most_depth) const {
    const auto sum_of = [&](std::uint32_t node) {
        return static_cast<double>(nodes_[node].sums[static_cast<std::size_t>(by)]);
    };
    const double whole = sum_of(0);
    std::vector<flame_box> boxes;
    if (whole == 0) {
        return boxes;
    }
    const auto calls = calls_by_caller(nodes_, by);
    std::vector<flame_box> next{{.node = 0, .depth = 0, .begin = 0, .part = 1}};
    while (!next.empty()) {
        const flame_box box = next.back();
        next.pop_back();
        boxes.push_back(box);
        double begin = box.begin;
        std::vector<flame_box> inner;
        for (const std::uint32_t call : calls[box.node]) {
            const double part = sum_of(call) / whole;
            if (part < narrowest || box.depth + 1 >= most_depth) {
                break;
            }
            inner.push_back({.node = call, .depth = box.depth + 1, .begin = begin, .part = part});
            begin += part;
        }
        next.insert(next.end(), inner.rbegin(), inner.rend());
    }
    if (boxes.size() > most_boxes) {
        // A call is never wider than its caller, and comes after it.
        std::ranges::stable_sort(boxes, std::greater{}, &flame_box::part);
        boxes.resize(most_boxes);
    }
    std::ranges::sort(boxes, {}, [](const flame_box& each) {
        return std::pair{each.depth, each.begin};
    });
    return boxes;
}

}  // namespace strata::tool::report
