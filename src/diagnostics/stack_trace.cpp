// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/stack_trace.hpp>

#include <execinfo.h>

#include <algorithm>
#include <array>
#include <vector>

#include <strata/detail/text.hpp>

namespace strata {
namespace {

// The first call of backtrace() loads the unwinder, which allocates: it is made before `main`.
[[maybe_unused]] const int warmed_up = [] {
    void* address = nullptr;
    return backtrace(&address, 1);
}();

// How many characters at the front of the text are an operator's name, with brackets that are part
// of it: "operator()(int)", "operator<< <char>(...)", "operator new[](unsigned long)".
std::size_t operator_length(std::string_view text) {
    constexpr std::string_view word = "operator";
    if (!text.starts_with(word)) {
        return 0;
    }
    for (const std::string_view rest : {"()", " new[]", " new", " delete[]", " delete"}) {
        if (text.substr(word.size()).starts_with(rest)) {
            return word.size() + rest.size();
        }
    }
    const std::size_t end = text.find_first_not_of("<>=-+*/%!&|^~,[]", word.size());
    return std::min(end, text.size());
}

// The name without arguments, template arguments and the return type.
std::string shortened(const std::string& name) {
    constexpr std::string_view anonymous = "(anonymous namespace)::";
    std::string_view rest = name;
    std::string kept;
    int depth = 0;
    while (!rest.empty()) {
        if (rest.starts_with(anonymous)) {
            rest.remove_prefix(anonymous.size());
        } else if (const std::size_t length = operator_length(rest); length != 0 && depth == 0) {
            kept += rest.substr(0, length);
            rest.remove_prefix(length);
        } else {
            const char c = rest.front();
            rest.remove_prefix(1);
            depth -= c == '>' || c == ')';
            if (depth == 0 && c == ' ') {
                // A space after the arguments precedes "const"; any other space ends the return
                // type.
                if (!kept.empty() && name[name.size() - rest.size() - 2] == ')') {
                    break;
                }
                kept.clear();
            } else if (depth == 0 && c != '<' && c != '(' && c != '>' && c != ')') {
                kept += c;
            }
            depth += c == '<' || c == '(';
        }
    }
    return kept.empty() ? name : kept;
}

// Looks at the file too: debug information may give inlined functions only a short name.
bool of_a_library(std::string_view function, std::string_view file) {
    constexpr std::array prefixes{"std::", "strata::", "boost::", "__gnu_cxx::", "__libc_",
                                  "_start", "__interceptor", "__asan", "__tsan", "operator new",
                                  "operator delete",
                                  // names too long for the demangler
                                  "_ZSt", "_ZNSt", "_ZNKSt", "_ZZSt", "_ZZNSt"};
    const auto contains = [&](const char* part) {
        return function.find(part) != std::string_view::npos;
    };
    return contains("/libboost_") || contains("/libc.so") || contains("/libstdc++.so") ||
           contains("/libc++.so") || function.ends_with("_invoker") ||
           file.find("/include/c++/") != std::string_view::npos ||
           (file.find("/include/strata/") != std::string_view::npos &&
            file.find("/detail/") != std::string_view::npos) ||
           std::ranges::any_of(prefixes,
                               [&](const char* prefix) { return function.starts_with(prefix); });
}

// Only the name of the file: its folders would be longer than everything else.
std::string place_of(const call_place& call) {
    if (call.file.empty()) {
        return "";
    }
    return " (" + call.file.substr(call.file.rfind('/') + 1) + ":" + detail::decimal(call.line) +
           ")";
}

}  // namespace

// Not inlined, because it leaves out its own frame.
[[gnu::noinline]] std::size_t detail::capture_calls(std::span<void*> to,
                                                    std::size_t skip) noexcept {
    if (to.empty()) {
        return 0;
    }
    constexpr std::size_t most_kept = 64;
    constexpr std::size_t most_skipped = 8;
    std::array<void*, most_kept + most_skipped> all{};
    const std::size_t left_out = std::min(skip + 1, most_skipped);
    const std::size_t wanted = std::min(to.size(), most_kept) + left_out;
    const auto found = static_cast<std::size_t>(backtrace(all.data(), static_cast<int>(wanted)));
    const std::size_t first = std::min(left_out, found);
    // A return address is behind its call, and so may be in the next function: subtract 1.
    std::transform(all.data() + first, all.data() + found, to.data(),
                   [](void* each) { return static_cast<char*>(each) - 1; });
    return found - first;
}

[[gnu::noinline]] stack_trace stack_trace::capture(std::size_t skip) noexcept {
    stack_trace trace;
    trace.count_ = detail::capture_calls(trace.addresses_, skip + 1);
    return trace;
}

bool stack_trace::passes_through(std::string_view function) const {
    return std::ranges::any_of(addresses(), [&](const void* address) {
        return std::ranges::any_of(calls_at(address), [&](const call_place& call) {
            return call.function.find(function) != std::string::npos;
        });
    });
}

constinit std::span<const std::byte> detail::library_module;

std::string detail::text_of_calls(std::span<void* const> addresses, std::size_t most) {
    std::vector<std::string> own;
    std::vector<std::string> all;
    bool at_main = false;
    const auto is_in_module = [](const void* address) {
        return static_cast<std::size_t>(static_cast<const std::byte*>(address) -
                                        library_module.data()) < library_module.size();
    };
    for (auto each = addresses.begin(); each != addresses.end() && !at_main; ++each) {
        for (const call_place& call : calls_at(*each)) {
            const std::string function = shortened(call.function);
            all.push_back("    at " + function + place_of(call) + "\n");
            if (!is_in_module(*each) && !of_a_library(function, call.file)) {
                own.push_back(all.back());
            }
            at_main = function == "main";
        }
        if (own.size() >= most) {
            break;
        }
    }
    const std::vector<std::string>& shown = own.empty() ? all : own;
    std::string text;
    for (std::size_t i = 0; i != std::min(most, shown.size()); ++i) {
        text += shown[i];
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const stack_trace& trace) {
    return detail::put(out, detail::text_of_calls(trace.addresses()));
}

}  // namespace strata
