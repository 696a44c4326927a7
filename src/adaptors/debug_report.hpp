// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_ADAPTORS_DEBUG_REPORT_HPP
#define STRATA_SRC_ADAPTORS_DEBUG_REPORT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debug_fill.hpp"
#include "debug_index.hpp"

namespace strata::detail {

/// "40 B", and "1 byte", "2 blocks".
[[nodiscard]] std::string bytes_text(std::size_t bytes);
[[nodiscard]] std::string count_text(std::size_t count, std::string_view noun);

/// The bytes of a range that are not what they should be: all between the first and the last.
struct overwritten {
    std::byte* first;
    std::byte* last;
};
/// "1 byte at +40, right behind its end": offsets are from the begin of the block.
[[nodiscard]] std::string range_text(const overwritten& where, const debug_block& block);
/// "0x5581f2c0, which is 8 B into a block": in or near a block, or nowhere.
[[nodiscard]] std::string place_text(const std::byte* address, const debug_block* block);

[[nodiscard]] std::optional<overwritten> find_overwritten(std::span<std::byte> range,
                                                          const debug_fill& expected) noexcept;

/// A message: what happened in its first line, then what is known about it, a row each.
class debug_report {
public:
    debug_report(const char* title, std::string_view what, std::size_t stack_depth);

    debug_report& row(std::string_view label, std::string_view text);
    /// Size, alignment, address and number of a block.
    debug_report& block(const debug_block& block);
    /// Where something was done; nothing if no calls were kept. At least so many calls are shown.
    debug_report& calls(std::string_view label, std::span<void* const> addresses,
                        std::size_t least = 1);
    /// The first rows of 16 bytes that have something overwritten, marked, out of what can be read.
    debug_report& hex(const overwritten& where, const debug_fill& expected, const std::byte* block,
                      std::span<const std::byte> readable);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    std::size_t stack_depth_;
};

/// Live blocks that were allocated by the same calls.
struct leak_group {
    std::string calls;
    std::size_t bytes = 0;
    std::size_t blocks = 0;
};
/// Groups blocks by the calls shown for them; the most bytes come first.
[[nodiscard]] std::vector<leak_group> group_by_calls(std::vector<const debug_block*> blocks,
                                                     std::size_t stack_depth);
/// The message of what is still live.
[[nodiscard]] std::string leak_text(const char* title, const std::vector<leak_group>& groups);

}  // namespace strata::detail

#endif
