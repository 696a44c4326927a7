// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/frame_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "tool/trace/varint.hpp"

namespace strata::tool::trace {

void frame_reader::start(const frame_header& head, std::string payload) {
    payload_ = std::move(payload);
    columns_ = {};
    operations_.clear();
    events_left_ = head.events;
    thread_ = head.thread;
    next_block_ = head.first_block;
    microseconds_ = head.microseconds;
    problem_ = nullptr;
    if (!read_columns() || !read_operations()) {
        events_left_ = 0;
    }
    has_sites_ = !of(column::sites).empty();
}

bool frame_reader::fail(const char* why) noexcept {
    problem_ = why;
    events_left_ = 0;
    return false;
}

bool frame_reader::read_columns() {
    for (std::string_view rest = payload_; !rest.empty();) {
        std::uint64_t which = 0;
        std::uint64_t bytes = 0;
        std::string_view content;
        if (!take_varint(rest, which) || !take_varint(rest, bytes) ||
            !take_bytes(rest, bytes, content)) {
            return fail("expected whole columns in the frame");
        }
        if (which < columns) {  // later versions may have more
            columns_[which] = content;
        }
    }
    return true;
}

bool frame_reader::read_operations() {
    for (std::string_view rest = of(column::operations); !rest.empty();) {
        if (!operations_.emplace_back().take_from(rest)) {
            return fail("expected a table of whole operations in the frame");
        }
    }
    return true;
}

bool frame_reader::take(column from, std::uint64_t& number) noexcept {
    return take_varint(of(from), number) || fail("expected more numbers in a column of the frame");
}

bool frame_reader::read_site(std::uint32_t& site) noexcept {
    std::uint64_t number = 0;
    if (!take(column::sites, number)) {
        return false;
    }
    site = static_cast<std::uint32_t>(number);
    return number <= std::numeric_limits<std::uint32_t>::max() ||
           fail("expected a site, below 2^32, in the frame");
}

bool frame_reader::read_text(std::string_view& text) noexcept {
    std::uint64_t bytes = 0;
    return take(column::texts, bytes) &&
           ((bytes <= longest_text && take_bytes(of(column::texts), bytes, text)) ||
            fail("expected more text in the frame"));
}

bool frame_reader::ends_well() noexcept {
    columns_[static_cast<std::size_t>(column::operations)] = {};
    columns_[0] = {};
    return std::ranges::all_of(columns_, &std::string_view::empty) ||
           fail("expected fewer numbers in a column of the frame");
}

bool frame_reader::next(event& to) {
    if (events_left_ == 0) {
        return false;
    }
    std::uint64_t code = 0;
    while (take(column::codes, code) && code == 0) {
        std::uint64_t number = 0;
        if (!take(column::threads, number)) {
            return false;
        }
        if (number > std::numeric_limits<std::uint32_t>::max()) {
            return fail("expected the number of a thread, below 2^32, in the frame");
        }
        thread_ = static_cast<std::uint32_t>(number);
    }
    if (problem_ != nullptr) {
        return false;
    }
    if (code > operations_.size()) {
        return fail("expected an operation of the frame's table");
    }
    const operation& what = operations_[code - 1];
    to = {.kind = what.kind,
          .of_form = what.of_form,
          .alignment_exponent = what.alignment_exponent,
          .is_sized = what.is_sized,
          .resource = what.resource,
          .thread = thread_,
          .size = what.size,
          .text = {}};
    if (!what.has_size && !take(column::sizes, to.size)) {
        return false;
    }
    if (to.size > largest_size) {
        return fail("expected a size below 2^48 in the frame");
    }
    if (what.kind == event_kind::allocate) {
        to.block = next_block_++;
    } else if (names_block(what.kind)) {
        std::uint64_t distance = 0;
        if (!take(column::distances, distance)) {
            return false;
        }
        if (distance == 0 || distance > next_block_) {
            return fail("expected a block that was allocated before its event");
        }
        to.block = next_block_ - distance;
    }
    std::uint64_t passed = 0;
    if (!take(column::times, passed)) {
        return false;
    }
    microseconds_ += passed;
    to.microseconds = microseconds_;
    if (has_sites_ && has_site(what.kind) && !read_site(to.site)) {
        return false;
    }
    if (has_text(what.kind) && !read_text(to.text)) {
        return false;
    }
    return --events_left_ != 0 || ends_well();
}

}  // namespace strata::tool::trace
