// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/diff/changes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>

#include <strata/core/format_bytes.hpp>

namespace strata::tool::diff {
namespace {

using figures = std::map<std::string, double>;

template <class Shares, class Figure>
figures by_name(const Shares& all, const Figure& figure) {
    figures made;
    for (const auto& each : all) {
        made[each.name] += static_cast<double>(figure(each));
    }
    return made;
}

std::vector<trace::share> resources_of(const side& of) {
    std::vector<trace::share> all;
    for (auto& [number, each] : of.sums.by_resource()) {
        all.push_back(each);
    }
    return all;
}

// Of a bucket, by its least size: "from 64 B".
std::string range_of(std::size_t bucket) {
    const auto bytes = [](std::uint64_t count) {
        return format_bytes(static_cast<std::int64_t>(count));
    };
    if (bucket <= 1) {
        return bytes(trace::histogram::least(bucket));
    }
    return "from " + bytes(trace::histogram::least(bucket));
}

figures by_size(const side& of) {
    figures made;
    for (std::size_t bucket = 0; bucket != trace::histogram::buckets; ++bucket) {
        if (const std::uint64_t count = of.sums.sizes.in(bucket); count != 0) {
            made[range_of(bucket)] = static_cast<double>(count);
        }
    }
    return made;
}

std::string function_of(const trace::site_group& of) {
    if (of.stack.empty() || of.stack.front().name == nullptr ||
        of.stack.front().name->function.empty()) {
        return of.name;
    }
    return of.stack.front().name->function;
}

template <class Figure>
figures by_function(const side& of, const Figure& figure) {
    figures made;
    for (const trace::site_group& each : of.groups) {
        made[function_of(each)] += static_cast<double>(figure(each));
    }
    return made;
}

double sum_of(const figures& all) {
    double sum = 0;
    for (const auto& [name, each] : all) {
        sum += each;
    }
    return sum;
}

section compared(std::string title, bool is_of_bytes, const figures& before, const figures& after,
                 double noise) {
    section made{.title = std::move(title), .is_of_bytes = is_of_bytes, .changes = {}, .noise = 0};
    std::map<std::string, change> all;
    for (const auto& [name, each] : before) {
        all[name] = {name, each, 0};
    }
    for (const auto& [name, each] : after) {
        all[name].name = name;
        all[name].after = each;
    }
    const double least = noise * std::max(sum_of(before), sum_of(after));
    for (const auto& [name, each] : all) {
        if (std::abs(each.by()) > least) {
            made.changes.push_back(each);
        } else if (each.by() > 0 || each.by() < 0) {
            ++made.noise;
        }
    }
    std::ranges::stable_sort(made.changes, std::ranges::greater{},
                             [](const change& each) { return std::abs(each.by()); });
    return made;
}

}  // namespace

std::vector<std::pair<change, bool>> whole_changes(const side& before, const side& after) {
    std::vector<std::pair<change, bool>> all;
    const auto add = [&](const char* name, bool is_of_bytes, const auto& figure) {
        all.push_back({{name, static_cast<double>(figure(before.sums)),
                        static_cast<double>(figure(after.sums))},
                       is_of_bytes});
    };
    using sums = trace::trace_summary;
    add("peak", true, [](const sums& of) { return of.peak.bytes; });
    add("most blocks", false, [](const sums& of) { return of.most_blocks; });
    add("allocations", false, [](const sums& of) { return of.allocated.blocks; });
    add("allocated", true, [](const sums& of) { return of.allocated.bytes; });
    add("leaks", false, [](const sums& of) { return of.live.blocks; });
    add("leaked bytes", true, [](const sums& of) { return of.live.bytes; });
    return all;
}

std::vector<section> sections_of(const side& before, const side& after, double noise) {
    const auto allocated = [](const auto& of) { return of.allocated.bytes; };
    std::vector<section> all;
    all.push_back(compared("Bytes allocated, by phase", true,
                           by_name(before.sums.by_phase(), allocated),
                           by_name(after.sums.by_phase(), allocated), noise));
    all.push_back(compared("Bytes allocated, by resource", true,
                           by_name(resources_of(before), allocated),
                           by_name(resources_of(after), allocated), noise));
    all.push_back(
        compared("Blocks allocated, by size", false, by_size(before), by_size(after), noise));
    const auto of_site = [](const trace::site_group& of) { return of.sums.allocated.bytes; };
    all.push_back(compared("Bytes allocated, by call site", true, by_function(before, of_site),
                           by_function(after, of_site), noise));
    const auto at_peak = [](const trace::site_group& of) { return of.sums.at_peak.bytes; };
    all.push_back(compared("Bytes live at the peak, by call site", true,
                           by_function(before, at_peak), by_function(after, at_peak), noise));
    const auto leaked = [](const trace::site_group& of) { return of.sums.live.bytes; };
    all.push_back(compared("Bytes not freed, by call site", true, by_function(before, leaked),
                           by_function(after, leaked), noise));
    return all;
}

}  // namespace strata::tool::diff
