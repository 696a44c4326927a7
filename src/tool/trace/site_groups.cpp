// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/site_groups.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <strata/detail/text.hpp>

namespace strata::tool::trace {
namespace {

std::string last_part(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

std::string hexadecimal(std::uint64_t number) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
    return "0x" + std::string{digits.begin(), end};
}

// Code that allocates for its callers.
bool is_of_allocator(const shown_call& of) {
    constexpr std::array prefixes{
        "operator new",       "std::", "void std::", "__gnu_cxx::", "strata::",
        "boost::container::", "_Zn",   "__libc_",    "__GI_"};
    constexpr std::array modules{"libstdc++.so", "libc++.so"};
    const std::string_view function =
        of.name == nullptr ? std::string_view{} : std::string_view{of.name->function};
    const std::string module = of.module == nullptr ? "" : last_part(of.module->path);
    constexpr std::array wrappers{"malloc",  "calloc",   "realloc",   "strdup",
                                  "xmalloc", "xcalloc",  "xrealloc",  "xmemdup",
                                  "xstrdup", "g_malloc", "g_malloc0", "g_realloc"};
    return std::ranges::find(wrappers, function) != wrappers.end() ||
           std::ranges::any_of(prefixes,
                               [&](const char* each) { return function.starts_with(each); }) ||
           std::ranges::any_of(modules, [&](const char* each) { return module.starts_with(each); });
}

void add(usage& to, const usage& of) {
    to.blocks += of.blocks;
    to.bytes += of.bytes;
}

}  // namespace

std::string text_of(const shown_call& of, bool has_module) {
    const bool has_function = of.name != nullptr && !of.name->function.empty();
    const std::string module =
        of.module == nullptr || of.module->path.empty() ? "" : last_part(of.module->path);
    if (!has_function) {
        return module.empty() ? hexadecimal(of.address) : module + "+" + hexadecimal(of.address);
    }
    if (of.name->file.empty()) {
        return of.name->function + (module.empty() || !has_module ? "" : " in " + module);
    }
    return of.name->function + " (" + last_part(of.name->file) + ":" +
           detail::decimal(of.name->line) + ")";
}

std::vector<site_group> site_groups(const call_sites& all,
                                    const std::map<std::uint32_t, site_share>& sums) {
    std::vector<site_group> groups;
    std::vector<std::uint64_t> most;  // bytes of the site whose stack is shown
    std::unordered_map<std::string, std::size_t> by_name;
    for (const auto& [site, share] : sums) {
        std::vector<shown_call> stack = all.calls_of(site);
        if (stack.empty()) {
            continue;
        }
        const auto own = std::ranges::find_if_not(stack, is_of_allocator);
        stack.erase(stack.begin(), own == stack.end() ? stack.begin() : own);
        std::string name = text_of(stack.front());
        const auto [at, is_new] = by_name.try_emplace(name, groups.size());
        if (is_new) {
            groups.push_back({.name = std::move(name), .sums = {}, .stack = {}});
            most.push_back(0);
        }
        site_group& group = groups[at->second];
        add(group.sums.allocated, share.allocated);
        add(group.sums.at_peak, share.at_peak);
        add(group.sums.live, share.live);
        if (group.stack.empty() || share.allocated.bytes > most[at->second]) {
            most[at->second] = share.allocated.bytes;
            group.stack = std::move(stack);
        }
    }
    std::ranges::stable_sort(groups, [](const site_group& left, const site_group& right) {
        return left.sums.allocated.bytes > right.sums.allocated.bytes;
    });
    return groups;
}

}  // namespace strata::tool::trace
