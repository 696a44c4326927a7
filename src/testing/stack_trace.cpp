// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/testing/stack_trace.hpp>

#include <execinfo.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <vector>

namespace strata {
namespace {

// The first call of backtrace() loads the unwinder, which allocates: it is made before `main`.
[[maybe_unused]] const int warmed_up = [] {
    void* address = nullptr;
    return backtrace(&address, 1);
}();

// How many characters at the front of the text are an operator's name, with brackets that are part
// of it: "operator()(int)", "operator<< <char>(...)".
std::size_t operator_length(std::string_view text) {
    constexpr std::string_view word = "operator";
    if (!text.starts_with(word)) {
        return 0;
    }
    if (text.substr(word.size()).starts_with("()")) {
        return word.size() + 2;
    }
    const std::size_t end = text.find_first_not_of("<>=-+*/%!&|^~,[]", word.size());
    return std::min(end, text.size());
}

// The name without what makes it long: arguments, template arguments and the return type.
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
                // After the arguments comes "const"; what else stands before a space is a type.
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

bool of_a_library(std::string_view function) {
    constexpr std::array prefixes{"std::", "strata::", "boost::", "__gnu_cxx::", "__libc_",
                                  "_start", "__interceptor",
                                  // too long for the demangler
                                  "_ZSt", "_ZNSt", "_ZNKSt", "_ZZSt", "_ZZNSt"};
    const auto contains = [&](const char* part) {
        return function.find(part) != std::string_view::npos;
    };
    return contains("/libboost_") || contains("/libc.so") || function.ends_with("_invoker") ||
           std::ranges::any_of(prefixes,
                               [&](const char* prefix) { return function.starts_with(prefix); });
}

}  // namespace

// Not inlined, since it leaves itself out.
[[gnu::noinline]] stack_trace stack_trace::capture(std::size_t skip) noexcept {
    constexpr std::size_t most_skipped = 8;
    std::array<void*, std::tuple_size_v<decltype(addresses_)> + most_skipped> all{};
    const auto found =
        static_cast<std::size_t>(backtrace(all.data(), static_cast<int>(all.size())));
    const std::size_t first = std::min({skip + 1, most_skipped, found});
    stack_trace trace;
    trace.count_ = std::min(found - first, trace.addresses_.size());
    // A return address is one past its call, which may be the last thing in its function.
    for (std::size_t i = 0; i != trace.count_; ++i) {
        trace.addresses_[i] = static_cast<char*>(all[first + i]) - 1;
    }
    return trace;
}

bool stack_trace::passes_through(std::string_view function) const {
    return std::ranges::any_of(addresses(), [&](const void* address) {
        return function_at(address).find(function) != std::string::npos;
    });
}

std::ostream& operator<<(std::ostream& out, const stack_trace& trace) {
    std::vector<std::string> names;
    for (const void* address : trace.addresses()) {
        names.push_back(shortened(function_at(address)));
        if (names.back() == "main") {
            break;
        }
    }
    const bool only_libraries = std::ranges::all_of(names, of_a_library);
    for (const std::string& name : names) {
        if (only_libraries || !of_a_library(name)) {
            out << "    at " << name << '\n';
        }
    }
    return out;
}

}  // namespace strata
