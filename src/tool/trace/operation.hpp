// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_OPERATION_HPP
#define STRATA_TOOL_TRACE_OPERATION_HPP

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "tool/trace/event.hpp"
#include "tool/trace/varint.hpp"

namespace strata::tool::trace {

/// What many events of a frame have in common: the frame's table tells it once.
struct operation {
    event_kind kind{};
    form of_form{};
    std::uint8_t alignment_exponent = 0;
    bool is_sized = false;
    std::uint16_t resource = 0;
    bool has_size = false;  ///< else the size of each event is in the column of sizes
    std::uint64_t size = 0;

    friend auto operator<=>(const operation&, const operation&) = default;

    [[nodiscard]] static operation with_size(const event& of) noexcept {
        return {of.kind, of.of_form, of.alignment_exponent, of.is_sized, of.resource,
                true,    of.size};
    }
    [[nodiscard]] operation without_size() const noexcept {
        operation other = *this;
        other.has_size = false;
        other.size = 0;
        return other;
    }

    /// Kind, form (16 is added if a size was passed), alignment, resource, size plus one or 0.
    void append_to(std::string& table) const {
        append_varint(table, static_cast<std::uint64_t>(kind));
        append_varint(table, static_cast<std::uint64_t>(of_form) + (is_sized ? 16 : 0));
        append_varint(table, alignment_exponent);
        append_varint(table, resource);
        append_varint(table, has_size ? size + 1 : 0);
    }

    /// False if it is not a whole or valid one.
    [[nodiscard]] bool take_from(std::string_view& table) noexcept {
        std::uint64_t of_kind = 0;
        std::uint64_t form_and_sized = 0;
        std::uint64_t exponent = 0;
        std::uint64_t number = 0;
        std::uint64_t size_plus_one = 0;
        if (!take_varint(table, of_kind) || !take_varint(table, form_and_sized) ||
            !take_varint(table, exponent) || !take_varint(table, number) ||
            !take_varint(table, size_plus_one) || of_kind == 0 || of_kind >= event_kinds ||
            form_and_sized >= 32 || form_and_sized % 16 >= forms || exponent > 63 ||
            number > 65535 || size_plus_one > largest_size + 1) {
            return false;
        }
        kind = static_cast<event_kind>(of_kind);
        of_form = static_cast<form>(form_and_sized % 16);
        is_sized = form_and_sized >= 16;
        alignment_exponent = static_cast<std::uint8_t>(exponent);
        resource = static_cast<std::uint16_t>(number);
        has_size = size_plus_one != 0;
        size = has_size ? size_plus_one - 1 : 0;
        return true;
    }
};

}  // namespace strata::tool::trace

#endif
