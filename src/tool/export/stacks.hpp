// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_EXPORT_STACKS_HPP
#define STRATA_TOOL_EXPORT_STACKS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tool/trace/call_sites.hpp"

// Call stacks and their names, for files that other tools read.
namespace strata::tool::exporting {

/// Longer names are cut.
inline constexpr std::size_t longest_name = 4096;

/// A name of the program on one line: what is not printable or no UTF-8 is escaped.
[[nodiscard]] std::string clean(std::string_view name);

/// The calls of a site, the innermost first. If it has no call stack, the one call of a function
/// that says so: no tool shows an empty stack.
[[nodiscard]] std::vector<trace::shown_call> stack_of(const trace::call_sites& all,
                                                      std::uint32_t site);

/// The function of a call; without a name, its address.
[[nodiscard]] std::string function_of(const trace::shown_call& of);
/// Function, file and line: as `text_of`, but clean.
[[nodiscard]] std::string frame_of(const trace::shown_call& of);
/// The same after the address, as valgrind's tools have it.
[[nodiscard]] std::string frame_with_address_of(const trace::shown_call& of);

/// Numbers the frames of call stacks by their texts.
class frame_numbers {
public:
    using text_of_call = std::string (*)(const trace::shown_call&);

    frame_numbers(const trace::call_sites& all, text_of_call text) : all_{all}, text_{text} {}

    /// Of a site, the innermost first.
    [[nodiscard]] std::vector<std::size_t> of(std::uint32_t site);
    /// By number, from 0 on.
    [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }

private:
    const trace::call_sites& all_;
    text_of_call text_;
    std::unordered_map<std::string, std::size_t> numbers_;
    std::vector<std::string> texts_;
};

}  // namespace strata::tool::exporting

#endif
