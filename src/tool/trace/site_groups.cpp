// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/site_groups.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

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

bool has_word(std::string_view in, std::size_t at, std::string_view word) {
    const auto is_of_word = [](char each) {
        return each == '_' || (each >= '0' && each <= '9') || (each >= 'a' && each <= 'z') ||
               (each >= 'A' && each <= 'Z');
    };
    return in.substr(at).starts_with(word) && (at == 0 || !is_of_word(in[at - 1])) &&
           (at + word.size() == in.size() || !is_of_word(in[at + word.size()]));
}

// The symbol behind the word `operator`, which may look like brackets.
std::size_t length_of_symbol(std::string_view rest) {
    constexpr std::array symbols{"()", "[]", "<=>", "<<=", ">>=", "->*", "<<",
                                 ">>", "<=", ">=",  "->",  "<",   ">"};
    const auto* const found =
        std::ranges::find_if(symbols, [&](const char* each) { return rest.starts_with(each); });
    if (found == symbols.end()) {
        return 0;
    }
    return std::string_view{*found}.size();
}

// Of the parts of a demangled name, between blanks, the one that has the arguments.
bool is_function(std::string_view part) {
    return part.ends_with(')') && !part.starts_with("decltype(") &&
           (!part.starts_with('(') || part.starts_with("(anonymous namespace)::"));
}

// The demangled name of a function template begins with the type that it returns.
std::string_view without_returned_type(std::string_view function) {
    std::size_t begin = 0;  // of the part
    std::size_t depth = 0;  // of brackets
    for (std::size_t i = 0; i < function.size(); ++i) {
        const char next = function[i];
        if (next == 'o' && has_word(function, i, "operator")) {
            if (depth == 0) {  // a blank may follow: `operator new`
                return function.substr(begin);
            }
            i += std::string_view{"operator"}.size() - 1;
            i += length_of_symbol(function.substr(i + 1));
        } else if (next == '<' || next == '(' || next == '{' || next == '[') {
            ++depth;
        } else if (next == '>' || next == ')' || next == '}' || next == ']') {
            const bool is_arrow = next == '>' && i != 0 && function[i - 1] == '-';
            depth -= depth == 0 || is_arrow ? 0 : 1;
        } else if (next == ' ' && depth == 0) {
            if (is_function(function.substr(begin, i - begin))) {
                break;
            }
            begin = i + 1;
        }
    }
    // Without arguments, it is a name alone, as of a function in C.
    return function.find('(') == std::string_view::npos ? function : function.substr(begin);
}

// Code that allocates for its callers.
bool is_of_allocator(const shown_call& of) {
    constexpr std::array prefixes{"operator new",
                                  "std::", "__gnu_cxx::", "strata::", "boost::container::", "_Zn",
                                  "__libc_", "__GI_",
                                  // names too long for the demangler
                                  "_ZSt", "_ZNSt", "_ZNKSt", "_ZZSt", "_ZZNSt"};
    constexpr std::array modules{"libstdc++.so", "libc++.so", "libstrata.so", "libstrata_malloc"};
    const std::string_view function = without_returned_type(
        of.name == nullptr ? std::string_view{} : std::string_view{of.name->function});
    // Of an inlined function the name may be a short one.
    const std::string_view file =
        of.name == nullptr ? std::string_view{} : std::string_view{of.name->file};
    const auto is_file_in = [&](const char* folder) {
        return file.find(folder) != std::string_view::npos;
    };
    const std::string module = of.module == nullptr ? "" : last_part(of.module->path);
    constexpr std::array wrappers{"malloc",  "calloc",   "realloc",   "strdup",
                                  "xmalloc", "xcalloc",  "xrealloc",  "xmemdup",
                                  "xstrdup", "g_malloc", "g_malloc0", "g_realloc"};
    return std::ranges::find(wrappers, function) != wrappers.end() || is_file_in("/include/c++/") ||
           is_file_in("/include/strata/") ||
           std::ranges::any_of(prefixes,
                               [&](const char* each) { return function.starts_with(each); }) ||
           std::ranges::any_of(modules, [&](const char* each) { return module.starts_with(each); });
}

}  // namespace

std::vector<shown_call> program_calls_of(const call_sites& all, std::uint32_t site) {
    std::vector<shown_call> stack = all.calls_of(site);
    const auto own = std::ranges::find_if_not(stack, is_of_allocator);
    stack.erase(stack.begin(), own == stack.end() ? stack.begin() : own);
    return stack;
}

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
           std::to_string(of.name->line) + ")";
}

std::vector<site_group> site_groups(const call_sites& all,
                                    const std::map<std::uint32_t, site_share>& sums) {
    std::vector<site_group> groups;
    std::vector<std::uint64_t> most;  // bytes of the site whose stack is shown
    std::unordered_map<std::string, std::size_t> by_name;
    for (const auto& [site, share] : sums) {
        std::vector<shown_call> stack = program_calls_of(all, site);
        if (stack.empty()) {
            continue;
        }
        std::string name = text_of(stack.front());
        const auto [at, is_new] = by_name.try_emplace(name, groups.size());
        if (is_new) {
            groups.push_back({.name = std::move(name), .sums = {}, .stack = {}});
            most.push_back(0);
        }
        site_group& group = groups[at->second];
        group.sums.allocated += share.allocated;
        group.sums.at_peak += share.at_peak;
        group.sums.live += share.live;
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
