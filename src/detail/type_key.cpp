// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/detail/type_key.hpp>

#include <algorithm>
#include <string_view>

namespace strata::detail {
namespace {

// From "... [with T = strata::stats_source]" or "... [T = strata::stats_source]".
std::string_view type_in(std::string_view text) noexcept {
    constexpr std::string_view before = "T = ";
    const std::size_t at = text.rfind(before);
    return at == text.npos ? std::string_view{} : text.substr(at + before.size());
}

bool is_part_of_name(char c) noexcept {
    return c == ':' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

// Whether the name contains only types of this library and the standard. Two local or unnamed types
// of a program may have the same name.
bool is_ours(std::string_view type) noexcept {
    bool has_any = false;
    while (!type.empty()) {
        const auto* const end = std::ranges::find_if_not(type, is_part_of_name);
        const std::string_view name = type.substr(0, static_cast<std::size_t>(end - type.begin()));
        if (!name.empty()) {
            const bool is_number = name.front() >= '0' && name.front() <= '9';
            if (!is_number && !name.starts_with("strata::") && !name.starts_with("std::")) {
                return false;
            }
            has_any = true;
        }
        type.remove_prefix(std::min(name.size() + 1, type.size()));
    }
    return has_any;
}

}  // namespace

// A type may have one function in each shared library that hides its symbols. So types of this
// library are compared by their names.
bool operator==(type_key a, type_key b) noexcept {
    if (a.text_ == b.text_) {
        return true;
    }
    const std::string_view type = type_in(a.text_());
    return type == type_in(b.text_()) && is_ours(type);
}

}  // namespace strata::detail
