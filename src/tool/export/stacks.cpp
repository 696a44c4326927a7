// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/export/stacks.hpp"

#include <utility>

#include <strata/detail/text.hpp>

#include "tool/trace/site_groups.hpp"

namespace strata::tool::exporting {

std::string clean(std::string_view name) {
    std::size_t end = name.size();
    if (end > longest_name) {
        end = longest_name;
        while (end > longest_name - 4 && (static_cast<unsigned char>(name[end]) & 0xC0u) == 0x80) {
            --end;  // not within a character
        }
    }
    return detail::printable(name.substr(0, end));
}

std::vector<trace::shown_call> stack_of(const trace::call_sites& all, std::uint32_t site) {
    static const trace::code_name none{.function = "(no call stack)", .file = {}};
    std::vector<trace::shown_call> stack = all.calls_of(site);
    if (stack.empty()) {
        stack.push_back({.name = &none});
    }
    return stack;
}

std::string function_of(const trace::shown_call& of) {
    if (of.name != nullptr && !of.name->function.empty()) {
        return clean(of.name->function);
    }
    trace::shown_call without = of;
    without.name = nullptr;
    return clean(text_of(without));
}

std::string frame_of(const trace::shown_call& of) {
    return clean(text_of(of));
}

std::string frame_with_address_of(const trace::shown_call& of) {
    const bool is_known = of.address != 0;
    return is_known ? detail::formatted("0x%llX: ", static_cast<unsigned long long>(of.address)) +
                          frame_of(of)
                    : frame_of(of);
}

std::vector<std::size_t> frame_numbers::of(std::uint32_t site) {
    std::vector<std::size_t> stack;
    for (const trace::shown_call& each : stack_of(all_, site)) {
        std::string text = text_(each);
        const auto [at, is_new] = numbers_.try_emplace(std::move(text), texts_.size());
        if (is_new) {
            texts_.push_back(at->first);
        }
        stack.push_back(at->second);
    }
    return stack;
}

}  // namespace strata::tool::exporting
