// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/advise/findings.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/core/format_bytes.hpp>
#include <strata/detail/text.hpp>
#include <strata/strategies/detail/size_class.hpp>

#include "tool/advise/habits.hpp"
#include "tool/trace/read_all.hpp"
#include "tool/trace/site_groups.hpp"
#include "tool/trace/symbols.hpp"
#include "tool/trace/tell_left_out.hpp"
#include "tool/trace/words.hpp"

namespace strata::tool::advise {
namespace {

constexpr double least_weight = 0.01;
constexpr std::size_t most_callers = 3;

/// All call sites at one place of the program.
struct place {
    std::string callers;
    site_habits does;
    std::uint64_t blocks_at_peak = 0;
    std::uint64_t most_blocks = 0;  // of the site whose callers these are
};

double part(std::uint64_t of, std::uint64_t whole) {
    return static_cast<double>(of) / static_cast<double>(std::max<std::uint64_t>(whole, 1));
}

std::string percent(double of) {
    return trace::percent(of, of < 0.1 ? 1 : 0);
}

std::string bytes(std::uint64_t count) {
    return format_bytes(static_cast<std::int64_t>(count));
}

bool is_main(const trace::shown_call& of) {
    return of.name != nullptr && of.name->function == "main";
}

// Up to main: what is before it is not of the program.
std::string callers_of(const std::vector<trace::shown_call>& stack) {
    std::string text;
    for (std::size_t i = 1; i < std::min(stack.size(), 1 + most_callers); ++i) {
        if (is_main(stack[i - 1])) {
            break;
        }
        text += (i == 1 ? "" : " < ") + trace::text_of(stack[i], false);
    }
    return text;
}

void add(site_habits& to, const site_habits& more) {
    // The size of the larger one stands for both.
    to.size = more.blocks > to.blocks ? more.size : to.size;
    to.blocks += more.blocks;
    to.freed_elsewhere += more.freed_elsewhere;
    to.grown += more.grown;
    to.copies += more.copies;
    to.copied_bytes += more.copied_bytes;
    to.reallocations += more.reallocations;
    to.largest_grown = std::max(to.largest_grown, more.largest_grown);
    std::ranges::transform(to.left, more.left, to.left.begin(), std::plus{});
    to.left_bytes += more.left_bytes;
}

std::map<std::string, place> places_of(const habits& seen, const trace::trace_summary& sums,
                                       const trace::call_sites& sites) {
    std::map<std::string, place> all;
    const auto shares = sums.by_site();
    for (const auto& [site, does] : seen.by_site()) {
        const std::vector<trace::shown_call> stack = trace::program_calls_of(sites, site);
        if (stack.empty()) {
            continue;
        }
        place& at = all[trace::text_of(stack.front())];
        if (does.blocks >= at.most_blocks) {
            at.most_blocks = does.blocks;
            at.callers = callers_of(stack);
        }
        if (const auto share = shares.find(site); share != shares.end()) {
            at.blocks_at_peak += share->second.at_peak.blocks;
        }
        add(at.does, does);
    }
    return all;
}

// --- one habit each -----------------------------------------------------------------------------

// A few growths are what a container is for.
constexpr std::uint64_t few_growths = 3;

std::optional<finding> growth_of(const place& at, const habits& seen) {
    const site_habits& does = at.does;
    const std::uint64_t times = does.copies + does.reallocations;
    if (does.grown == 0 || times < few_growths * does.grown) {
        return std::nullopt;
    }
    const std::string largest = bytes(does.largest_grown);
    const std::string how = does.reallocations == 0 ? ", by copying"
                            : does.copies == 0
                                ? ", by reallocation"
                                : ", " + trace::grouped(does.copies) + " of them by copying";
    return finding{
        .what = habit::grows,
        .place = {},
        .callers = {},
        .seen = trace::many(does.grown, "block") + " grew " + trace::many(times, "time") + how +
                "; the largest to " + largest,
        .gain = percent(part(times, seen.allocations())) + " of all allocations" +
                (does.copies == 0 ? std::string{}
                                  : ", and " + bytes(does.copied_bytes) + " that are copied"),
        .code = "reserve(N);  // before it is filled; the largest has room for " + largest +
                " of elements",
        .weight = part(times, seen.allocations())};
}

// What is left from each quarter of the run was not kept for the end of it, nor is it a cache that
// is full.
std::optional<finding> leak_of(const place& at, const trace::trace_summary& sums) {
    const auto& left = at.does.left;
    const std::uint64_t blocks = std::accumulate(left.begin(), left.end(), std::uint64_t{0});
    constexpr std::uint64_t least_blocks = 8;
    const bool from_all = std::ranges::all_of(
        left, [&](std::uint64_t quarter) { return part(quarter, blocks) >= 0.1; });
    if (blocks < least_blocks || !from_all) {
        return std::nullopt;
    }
    // What a short program leaves to the system at its exit is no pace.
    constexpr std::uint64_t long_run = 10'000'000;  // microseconds
    const double an_hour = static_cast<double>(at.does.left_bytes) * 3.6e9 /
                           static_cast<double>(std::max<std::uint64_t>(sums.microseconds, 1));
    return finding{.what = habit::leaks,
                   .place = {},
                   .callers = {},
                   .seen = trace::many(blocks, "block") + " from all of the run, " +
                           bytes(at.does.left_bytes) + ", are not freed at its end",
                   .gain = sums.microseconds < long_run
                               ? bytes(at.does.left_bytes) + " a run"
                               : bytes(static_cast<std::uint64_t>(std::min(an_hour, 1e18))) +
                                     " an hour, at this pace",
                   .code = "std::unique_ptr<T> owner;  // or another owner that ends",
                   .weight = part(at.does.left_bytes, std::max<std::uint64_t>(sums.peak.bytes, 1))};
}

std::optional<finding> hand_over_of(const place& at, const habits& seen) {
    const site_habits& does = at.does;
    if (part(does.freed_elsewhere, does.blocks) < 0.5) {
        return std::nullopt;
    }
    return finding{.what = habit::freed_elsewhere,
                   .place = {},
                   .callers = {},
                   .seen = trace::grouped(does.freed_elsewhere) + " of " +
                           trace::many(does.blocks, "block") + " are freed on another thread",
                   .gain = percent(part(does.freed_elsewhere, seen.frees())) +
                           " of all frees, at which threads may wait for each other",
                   .code = "strata::concurrent_pool_resource memory;  // any thread frees in it",
                   .weight = part(does.freed_elsewhere, seen.frees())};
}

std::optional<finding> size_of(const place& at, const trace::trace_summary& sums) {
    const std::uint64_t size = at.does.size.get();
    const bool is_common = at.does.size.lead() * 2 >= static_cast<std::int64_t>(at.does.blocks);
    constexpr std::uint64_t least = 32;
    if (!is_common || size <= least || size > detail::largest_class_size) {
        return std::nullopt;
    }
    const std::size_t index = detail::size_class_of(size - 1);
    const std::uint64_t above = detail::size_of_class(index);
    const std::uint64_t below = detail::size_of_class(index - 1);
    if (4 * (size - below) > above - below) {
        return std::nullopt;
    }
    const std::uint64_t saved = at.blocks_at_peak * (above - below);
    return finding{.what = habit::just_above,
                   .place = {},
                   .callers = {},
                   .seen = "blocks of " + bytes(size) + " take " + bytes(above) + " of a pool",
                   .gain = bytes(saved) + " at the peak, if they had " +
                           trace::many(size - below, "byte") + " less",
                   .code = "static_assert(sizeof(T) <= " + detail::decimal(below) + ");",
                   .weight = part(saved, sums.peak.bytes)};
}

// The calls that a site is inside of, the outermost first, and the site.
std::vector<std::uint32_t> path_to(std::uint32_t site, const trace::call_sites& sites) {
    std::vector<std::uint32_t> path;
    for (; site != 0 && site < sites.calls().size(); site = sites.calls()[site].caller) {
        path.push_back(site);
    }
    std::ranges::reverse(path);
    return path;
}

// Of the frame that the call is in; empty if it is not known.
std::string_view function_of(std::uint32_t call, const trace::call_sites& sites) {
    const std::uint32_t place = sites.calls()[call].place;
    return place == 0 || sites.places()[place - 1].names.empty()
               ? std::string_view{}
               : sites.places()[place - 1].names.back().function;
}

// From the innermost function outwards that all sites of a group are in. A function may allocate in
// several lines, which are several calls with one caller.
std::vector<trace::shown_call> common_calls(const std::vector<std::uint32_t>& group,
                                            const trace::call_sites& sites) {
    std::vector<std::uint32_t> common = path_to(group.front(), sites);
    bool is_one_line = true;
    for (const std::uint32_t each : group) {
        const std::vector<std::uint32_t> path = path_to(each, sites);
        const auto [end, other] = std::ranges::mismatch(common, path);
        if (end == common.end()) {
            continue;
        }
        const std::string_view function = function_of(*end, sites);
        is_one_line =
            function.empty() || other == path.end() || function != function_of(*other, sites);
        common.erase(is_one_line ? end : end + 1, common.end());
    }
    if (common.empty()) {
        return {};
    }
    // Of a function that calls itself, the outermost call.
    const std::string_view function = function_of(common.back(), sites);
    while (!function.empty() && common.size() > 1 &&
           function == function_of(common[common.size() - 2], sites)) {
        common.pop_back();
    }
    std::vector<trace::shown_call> calls = trace::program_calls_of(sites, common.back());
    if (!is_one_line) {  // what is inlined is so in one of them
        calls.erase(calls.begin(), std::ranges::find_if(calls, [](const trace::shown_call& each) {
                        return !each.is_inlined;
                    }));
    }
    return calls;
}

struct group_place {
    std::string callers;
    deaths_together sums;
};

std::map<std::string, group_place> group_places_of(const habits& seen,
                                                   const trace::call_sites& sites) {
    std::map<std::string, group_place> all;
    for (const auto& [group, deaths] : seen.groups()) {
        const auto stack = common_calls(group, sites);
        if (stack.empty()) {
            continue;
        }
        group_place& at = all[trace::text_of(stack.front())];
        at.callers = callers_of(stack);
        at.sums.groups += deaths.groups;
        at.sums.blocks += deaths.blocks;
        at.sums.largest = std::max(at.sums.largest, deaths.largest);
    }
    return all;
}

finding death_of(const group_place& at, const habits& seen) {
    const std::string first_chunk = bytes(std::max<std::uint64_t>(at.sums.largest, 1));
    return {.what = habit::dies_together,
            .place = {},
            .callers = {},
            .seen = trace::many(at.sums.blocks, "block") + " die in " +
                    trace::many(at.sums.groups, "group") + ", each at once; the largest has " +
                    first_chunk,
            .gain = percent(part(at.sums.blocks, seen.frees())) + " of all frees",
            .code = at.sums.groups == 1
                        ? "strata::arena_resource memory;  // for what it builds, as long as that "
                          "lives"
                        : "strata::arena_scope scratch{arena};  // around each group",
            .weight = part(at.sums.blocks, seen.frees())};
}

}  // namespace

const char* name_of(habit what) {
    switch (what) {
        case habit::dies_together:
            return "dies_together";
        case habit::grows:
            return "grows";
        case habit::leaks:
            return "leaks";
        case habit::freed_elsewhere:
            return "freed_elsewhere";
        case habit::just_above:
            return "just_above";
    }
    return "";
}

const char* title_of(habit what) {
    switch (what) {
        case habit::dies_together:
            return "blocks that die together";
        case habit::grows:
            return "memory that grows bit by bit";
        case habit::leaks:
            return "a slow leak";
        case habit::freed_elsewhere:
            return "blocks for another thread";
        case habit::just_above:
            return "a size just above a size class";
    }
    return "";
}

namespace {

std::vector<finding> findings_of(const habits& seen, const trace::trace_summary& sums,
                                 const trace::call_sites& sites) {
    std::vector<finding> all;
    const auto add_one = [&](const std::string& name, const std::string& callers,
                             std::optional<finding> one) {
        if (one && one->weight >= least_weight) {
            one->place = name;
            one->callers = callers;
            all.push_back(std::move(*one));
        }
    };
    for (const auto& [name, at] : places_of(seen, sums, sites)) {
        add_one(name, at.callers, growth_of(at, seen));
        add_one(name, at.callers, leak_of(at, sums));
        add_one(name, at.callers, hand_over_of(at, seen));
        add_one(name, at.callers, size_of(at, sums));
    }
    for (const auto& [name, at] : group_places_of(seen, sites)) {
        add_one(name, at.callers, death_of(at, seen));
    }
    std::ranges::stable_sort(all, std::greater{}, &finding::weight);
    return all;
}

}  // namespace

findings read_findings(trace::event_source& from, trace::trace_summary& sums) {
    habits seen;
    trace::read_all(from, "reading", [&](const trace::event& each) {
        sums.add(each);
        seen.add(each);
    });
    seen.finish();
    trace::tell_left_out(from.left_out());
    findings made{.sites = from.sites(), .all = {}};
    trace::name_places(made.sites);  // of a live trace: a packed one has names
    if (from.info().sample_distance == 0) {
        made.all = findings_of(seen, sums, made.sites);
    }
    return made;
}

}  // namespace strata::tool::advise
