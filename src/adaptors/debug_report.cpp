// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_report.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/stack_trace.hpp>

namespace strata::detail {
namespace {

constexpr std::size_t label_width = 14;

// The calls, one a line. Each line but the first begins with `column` spaces.
std::string aligned_calls(std::span<void* const> addresses, std::size_t most, std::size_t column) {
    constexpr std::string_view indentation = "    ";
    const std::string all = text_of_calls(addresses, most);
    std::string text;
    for (std::size_t from = 0; from < all.size();) {
        const std::size_t to = all.find('\n', from);
        if (!text.empty()) {
            text.append(1, '\n').append(column, ' ');
        }
        text.append(all, from + indentation.size(), to - from - indentation.size());
        from = to + 1;
    }
    return text;
}

constexpr std::ptrdiff_t row_width = 16;

// The offset at which the row that contains this offset begins.
std::ptrdiff_t row_of(std::ptrdiff_t offset) {
    return offset - ((offset % row_width) + row_width) % row_width;
}

bool is_in(std::span<const std::byte> range, const std::byte* at) {
    return at >= range.data() && at < range.data() + range.size();
}

// A row of a block and its neighbours, with a line below that marks overwritten bytes.
std::string hex_row(std::ptrdiff_t row, std::span<const std::byte> watched,
                    const debug_fill& expected, const std::byte* block,
                    std::span<const std::byte> readable) {
    std::string bytes;
    std::string letters;
    std::string marks;
    for (std::ptrdiff_t i = row; i != row + row_width; ++i) {
        const std::byte* at = block + i;
        const bool can_read = is_in(readable, at);
        const bool is_wrong = is_in(watched, at) && *at != expected.at(at);
        const int value = can_read ? std::to_integer<int>(*at) : 0;
        const bool is_letter = value >= ' ' && value <= '~';
        const char* const gap = i == row + row_width / 2 ? "  " : " ";
        bytes += gap + (can_read ? formatted("%02x", static_cast<unsigned>(value)) : "  ");
        marks += std::string{gap} + (is_wrong ? "^^" : "  ");
        letters += is_letter ? static_cast<char>(value) : can_read ? '.' : ' ';
    }
    return formatted("\n  %+8td ", row) + bytes + "  |" + letters + "|\n" + std::string(11, ' ') +
           marks.substr(0, marks.find_last_not_of(' ') + 1);
}

std::string count_text(std::size_t count, const char* noun) {
    return formatted("%zu %s%s", count, noun, count == 1 ? "" : "s");
}

// Live blocks that were allocated by the same calls.
struct leak_group {
    std::string calls;
    std::size_t bytes = 0;
    std::size_t blocks = 0;
};

std::string size_text(const leak_group& group) {
    return formatted("\n  %zu B in ", group.bytes) + count_text(group.blocks, "block");
}

// The groups with the most bytes come first.
std::vector<leak_group> group_by_calls(std::vector<const debug_record*> blocks,
                                       std::size_t stack_depth) {
    const auto calls_of = [](const debug_record* block) { return block->allocated_by(); };
    const auto before = [](std::span<void* const> a, std::span<void* const> b) {
        return std::ranges::lexicographical_compare(a, b, std::less<>{});
    };
    std::ranges::sort(blocks, before, calls_of);
    std::vector<leak_group> groups;
    for (auto each = blocks.begin(); each != blocks.end();) {
        const auto end =
            std::ranges::upper_bound(each, blocks.end(), calls_of(*each), before, calls_of);
        // Calls are named once for all their blocks, since the names take longest.
        const std::string calls = aligned_calls(calls_of(*each), stack_depth, 6);
        auto group = std::ranges::find(groups, calls, &leak_group::calls);
        if (group == groups.end()) {
            group = groups.insert(group, {.calls = calls});
        }
        for (; each != end; ++each) {
            group->bytes += (*each)->bytes;
            ++group->blocks;
        }
    }
    std::ranges::stable_sort(groups, std::greater<>{}, [](const leak_group& group) {
        return std::pair{group.bytes, group.blocks};
    });
    return groups;
}

}  // namespace

std::string layout_text(layout of) {
    return formatted("%zu B aligned to %zu", of.size, of.alignment);
}

std::string range_text(const overwritten& where, const debug_record& block) {
    const std::ptrdiff_t first = where.first - block.begin;
    const std::ptrdiff_t last = where.last - block.begin;
    const auto size = static_cast<std::ptrdiff_t>(block.bytes);
    const std::string at = first == last ? formatted("1 byte at %+td", first)
                                         : formatted("bytes from %+td to %+td", first, last);
    return first == size  ? at + ", right after its end"
           : first > size ? at + formatted(", %td B after its end", first - size)
           : last == -1   ? at + ", right before its beginning"
           : last < -1    ? at + formatted(", %td B before its beginning", -1 - last)
                          : at;
}

std::string place_text(const std::byte* address, const debug_record* block) {
    if (address == nullptr) {
        return "null";
    }
    const std::string text = formatted("%p", static_cast<const void*>(address));
    if (block == nullptr) {
        return text;
    }
    const std::ptrdiff_t offset = address - block->begin;
    const auto size = static_cast<std::ptrdiff_t>(block->bytes);
    return text + (offset < 0      ? formatted(", which is %td B before a block", -offset)
                   : offset < size ? formatted(", which is %td B into a block", offset)
                                   : formatted(", which is %td B after a block", offset - size));
}

debug_report::debug_report(const char* title, std::string_view what, std::size_t stack_depth)
    : text_{title},
      stack_depth_{stack_depth} {
    (text_ += ": ") += what;
}

debug_report& debug_report::row(std::string_view label, std::string_view text) {
    const std::size_t padding = label.size() < label_width ? label_width - label.size() : 1;
    text_.append("\n  ").append(label).append(padding, ' ').append(text);
    return *this;
}

debug_report& debug_report::block(const debug_record& block) {
    return row("block", layout_text(block.as()) +
                            formatted(" at %p, allocation ", static_cast<void*>(block.begin)) +
                            decimal(block.number));
}

debug_report& debug_report::calls(std::string_view label, std::span<void* const> addresses,
                                  std::size_t least) {
    const std::string text =
        aligned_calls(addresses, std::max(stack_depth_, least), label_width + 2);
    return text.empty() ? *this : row(label, text);
}

debug_report& debug_report::hex(const overwritten& where, const debug_fill& expected,
                                const std::byte* block, std::span<const std::byte> readable) {
    constexpr int most_rows = 4;
    const std::byte* const end = where.last + 1;
    const std::byte* wrong = where.first;
    std::ptrdiff_t next_row = row_of(wrong - block);
    for (int rows = 0; wrong != end && rows != most_rows; ++rows) {
        const std::ptrdiff_t row = row_of(wrong - block);
        text_ += row == next_row ? "" : "\n       ...";
        text_ += hex_row(row, {where.first, end}, expected, block, readable);
        next_row = row + row_width;
        wrong = std::find_if(std::min(block + next_row, end), end, expected.differs());
    }
    if (wrong != end) {
        text_ += formatted("\n            and more, up to %+td", where.last - block);
    }
    return *this;
}

std::string leak_text(const char* title, std::vector<const debug_record*> blocks,
                      std::size_t stack_depth) {
    constexpr std::size_t most_shown = 20;
    leak_group all;
    leak_group rest;
    std::string text;
    const std::vector<leak_group> groups = group_by_calls(std::move(blocks), stack_depth);
    for (std::size_t i = 0; i != groups.size(); ++i) {
        const leak_group& group = groups[i];
        leak_group& sum = i < most_shown ? all : rest;
        sum.bytes += group.bytes;
        sum.blocks += group.blocks;
        if (i < most_shown) {
            text += size_text(group);
            text.append(group.calls.empty() ? "" : ", allocated\n      ").append(group.calls);
        }
    }
    if (rest.blocks != 0) {
        text += size_text(rest) + " at " + count_text(groups.size() - most_shown, "other place");
    }
    return std::string{title} + ": " + count_text(all.blocks + rest.blocks, "block") +
           formatted(" (%zu B) ", all.bytes + rest.bytes) +
           (all.blocks + rest.blocks == 1 ? "is" : "are") + " still live" + text;
}

}  // namespace strata::detail
