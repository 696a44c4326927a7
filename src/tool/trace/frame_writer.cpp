// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/frame_writer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <utility>

#include "tool/trace/operation.hpp"
#include "tool/trace/varint.hpp"

namespace strata::tool::trace {
namespace {

constexpr std::uint64_t most_text_bytes = 1024 * 1024;

// So many operations have codes of one byte, beside the switch of thread.
constexpr std::size_t short_codes = 127;
// A size that is rarer than this costs more in the table than it saves.
constexpr std::size_t often = 8;

// The codes of operations: those that are frequent with their size have codes of their own, the
// most frequent the smallest.
class operation_table {
public:
    explicit operation_table(std::span<const event> events) {
        std::map<operation, std::size_t> counts;
        for (const event& each : events) {
            ++counts[operation::with_size(each)];
        }
        std::vector<std::pair<std::size_t, operation>> by_count;
        for (const auto& [each, count] : counts) {
            by_count.emplace_back(count, each);
        }
        std::ranges::sort(by_count, [](const auto& left, const auto& right) {
            return left.first != right.first ? left.first > right.first
                                             : left.second < right.second;
        });
        for (const auto& [count, each] : by_count) {
            if (codes_.size() < short_codes && count >= often) {
                add(each);
            }
        }
        for (const auto& [count, each] : by_count) {
            if (!codes_.contains(each)) {
                add(each.without_size());
            }
        }
    }

    /// The code, which is at least 1, and whether the size follows.
    [[nodiscard]] std::pair<std::uint64_t, bool> code_of(const event& of) const {
        const operation exact = operation::with_size(of);
        const auto found = codes_.find(exact);
        return found != codes_.end() ? std::pair{found->second, false}
                                     : std::pair{codes_.at(exact.without_size()), true};
    }
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

private:
    void add(const operation& next) {
        if (codes_.emplace(next, codes_.size() + 1).second) {
            next.append_to(bytes_);
        }
    }

    std::map<operation, std::uint64_t> codes_;
    std::string bytes_;
};

}  // namespace

bool frame_writer::continues_with(const event& next) const noexcept {
    return next.kind == event_kind::allocate ? next.block == next_block_
                                             : !names_block(next.kind) || next.block < next_block_;
}

void frame_writer::add(const event& next) {
    if (events_.empty()) {
        first_block_ =
            continues_with(next) ? next_block_ : next.block + (names_block(next.kind) ? 1 : 0);
        next_block_ = first_block_;
    }
    next_block_ += next.kind == event_kind::allocate ? 1 : 0;
    events_.push_back(next);
    if (has_text(next.kind)) {
        texts_.emplace_back(next.text.substr(0, longest_text));
        events_.back().text = texts_.back();
        text_bytes_ += texts_.back().size();
    }
}

bool frame_writer::is_full() const noexcept {
    return events_.size() >= events_per_frame || text_bytes_ >= most_text_bytes;
}

std::string frame_writer::finish(frame_header& head) {
    head = {};
    head.first_event = first_event_;
    head.first_block = first_block_;
    head.microseconds = microseconds_;
    head.events = static_cast<std::uint32_t>(events_.size());
    head.thread = events_.empty() ? 0 : events_.front().thread;

    const operation_table operations{events_};
    std::array<std::string, columns> all;
    const auto of = [&](column which) -> std::string& {
        return all[static_cast<std::size_t>(which)];
    };
    of(column::operations) = operations.bytes();
    std::uint32_t thread = head.thread;
    std::uint64_t next_block = first_block_;
    const bool has_sites =
        std::ranges::any_of(events_, [](const event& each) { return each.site != 0; });
    for (const event& each : events_) {
        if (each.thread != std::exchange(thread, each.thread)) {
            append_varint(of(column::codes), 0);
            append_varint(of(column::threads), each.thread);
        }
        const auto [code, size_follows] = operations.code_of(each);
        append_varint(of(column::codes), code);
        if (size_follows) {
            append_varint(of(column::sizes), each.size);
        }
        if (names_block(each.kind)) {
            append_varint(of(column::distances), next_block - each.block);
        } else if (each.kind == event_kind::allocate) {
            ++next_block;
        }
        append_varint(of(column::times), each.microseconds - microseconds_);
        microseconds_ = each.microseconds;
        if (has_sites && has_site(each.kind)) {
            append_varint(of(column::sites), each.site);
        }
        if (has_text(each.kind)) {
            append_varint(of(column::texts), each.text.size());
            of(column::texts) += each.text;
        }
    }
    std::string payload;
    for (std::size_t i = 0; i != columns; ++i) {
        if (!all[i].empty()) {
            append_varint(payload, i);
            append_varint(payload, all[i].size());
            payload += all[i];
        }
    }
    first_event_ += events_.size();
    events_.clear();
    texts_.clear();
    text_bytes_ = 0;
    return payload;
}

}  // namespace strata::tool::trace
