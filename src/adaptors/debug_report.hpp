// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_REPORT_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_REPORT_HPP

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debug_fill.hpp"
#include "debug_records.hpp"

namespace strata::detail {

/// "40 B aligned to 8".
[[nodiscard]] std::string layout_text(layout of);
/// "1 byte at +40, right after its end": offsets are from the beginning of the block.
[[nodiscard]] std::string range_text(const overwritten& where, const debug_record& block);
/// "0x5581f2c0", and where in or near a block that is, if one is given.
[[nodiscard]] std::string place_text(const std::byte* address, const debug_record* block);

/// A message: its first line tells what happened, and each row below adds a fact.
class debug_report {
public:
    debug_report(const char* title, std::string_view what, std::size_t stack_depth);

    debug_report& row(std::string_view label, std::string_view text);
    /// Size, alignment, address and number of a block.
    debug_report& block(const debug_record& block);
    /// The calls where something was done; no row if no calls were kept. At least `least` calls are
    /// shown.
    debug_report& calls(std::string_view label, std::span<void* const> addresses,
                        std::size_t least = 1);
    /// The first rows of 16 bytes that have overwritten bytes, which are marked. Other bytes are
    /// shown if they are in `readable`.
    debug_report& hex(const overwritten& where, const debug_fill& expected, const std::byte* block,
                      std::span<const std::byte> readable);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    std::size_t stack_depth_;
};

/// The message about live blocks, grouped by the calls that are shown for them.
[[nodiscard]] std::string leak_text(const char* title, std::vector<const debug_record*> blocks,
                                    std::size_t stack_depth);

}  // namespace strata::detail

#endif
