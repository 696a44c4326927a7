// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/packed_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tool/trace/checksum.hpp"
#include "tool/trace/compression.hpp"
#include "tool/trace/varint.hpp"

namespace strata::tool::trace {
namespace {

bool is_valid(const frame_header& head) {
    return head.magic == frame_magic && head.checksum == checksum_of(head) &&
           head.packed_bytes <= most_frame_bytes && head.unpacked_bytes <= most_frame_bytes;
}

}  // namespace

packed_reader::packed_reader(std::unique_ptr<std::istream> from, const std::string& name,
                             on_damage policy)
    : event_source{name, policy},
      from_{std::move(from)} {
    info_.is_packed = true;
    read_header();
}

std::size_t packed_reader::read(void* to, std::size_t bytes) {
    from_->read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    const auto found = static_cast<std::size_t>(from_->gcount());
    offset_ += found;
    return found;
}

void packed_reader::read_header() {
    packed_header head{};
    head.magic = packed_magic;
    const std::size_t rest = sizeof head - sizeof head.magic;
    if (read(reinterpret_cast<char*>(&head) + sizeof head.magic, rest) != rest) {
        unreadable(offset_, "expected the header of a packed trace, of " +
                                std::to_string(sizeof head) + " bytes; the file is shorter");
    }
    if (head.version != packed_version) {
        unreadable(offsetof(packed_header, version),
                   "expected version " + std::to_string(packed_version) +
                       " of a packed trace, found " + std::to_string(head.version));
    }
    if (head.program_bytes > longest_text) {
        unreadable(offsetof(packed_header, program_bytes),
                   "expected a program's name of at most " + std::to_string(longest_text) +
                       " bytes, found " + std::to_string(head.program_bytes));
    }
    info_.program.resize(head.program_bytes);
    if (read(info_.program.data(), head.program_bytes) != head.program_bytes) {
        unreadable(offset_, "expected the program's name; the file ends");
    }
    if (head.checksum != checksum(info_.program, checksum_of(head))) {
        unreadable(offsetof(packed_header, checksum), "expected the checksum of the header");
    }
    info_.process = head.process;
    if (head.sample_distance > live_trace::most_sample_distance) {
        unreadable(offsetof(packed_header, sample_distance),
                   "expected a sample's mean distance of at most " +
                       std::to_string(live_trace::most_sample_distance) + " bytes, found " +
                       std::to_string(head.sample_distance));
    }
    info_.started = head.started;
    info_.sample_distance = head.sample_distance;
}

// --- frames -----------------------------------------------------------------------------------

// After damage, goes on byte by byte to the next header of a frame.
bool packed_reader::find_frame(frame_header& head) {
    const std::uint64_t offset = offset_;
    const std::size_t found = read(&head, sizeof head);
    if (found == sizeof head && is_valid(head)) {
        return true;
    }
    damaged(offset, found == sizeof head
                        ? "expected the header of a frame"
                        : "expected the header of a frame or the index; the file ends");
    if (found != sizeof head) {
        return false;
    }
    auto* const bytes = reinterpret_cast<char*>(&head);
    do {
        std::memmove(bytes, bytes + 1, sizeof head - 1);
        if (read(bytes + sizeof head - 1, 1) == 0) {
            return false;
        }
    } while (!is_valid(head));
    return true;
}

bool packed_reader::next_frame() {
    for (frame_header head{}; !is_at_end_;) {
        const std::uint64_t expected_offset = offset_;
        if (!find_frame(head)) {
            is_at_end_ = true;
            return false;
        }
        const auto kind = static_cast<frame_kind>(head.kind);
        // All frames of events are before those of call stacks.
        are_sites_lost_ |= offset_ != expected_offset + sizeof head && kind != frame_kind::events;
        const std::uint64_t payload_offset = offset_;
        frame_offset_ = payload_offset - sizeof head;
        std::string packed(head.packed_bytes, '\0');
        if (read(packed.data(), packed.size()) != packed.size()) {
            damaged(payload_offset, "expected " + std::to_string(packed.size()) +
                                        " bytes of a frame; the file ends");
            is_at_end_ = true;
            return false;
        }
        if (kind != frame_kind::events && kind != frame_kind::index && kind != frame_kind::sites) {
            continue;  // of a later version
        }
        auto payload = uncompressed(packed, head.unpacked_bytes);
        if (!payload) {
            damaged(payload_offset, "expected a frame that zstd can read, with its checksum");
            are_sites_lost_ |= kind == frame_kind::sites;
            continue;
        }
        if (kind == frame_kind::index) {
            read_end(head, frame_offset_, *payload);
            return false;
        }
        if (kind == frame_kind::sites) {
            read_sites(*payload);
            continue;
        }
        if (head.first_event != events_) {
            damaged(frame_offset_, "expected event " + std::to_string(events_) +
                                       ", found a frame that begins with event " +
                                       std::to_string(head.first_event));
        }
        append_varint(index_, frame_offset_ - std::exchange(indexed_bytes_, frame_offset_));
        append_varint(index_, head.events);
        events_ = head.first_event + head.events;
        frame_.start(head, *std::move(payload));
        return true;
    }
    return false;
}

// Texts, modules, places and calls have numbers that go on from frame to frame.
void packed_reader::read_sites(const std::string& payload) {
    if (are_sites_lost_) {
        return;
    }
    if (const char* const problem = site_frames_.read(payload, sites_)) {
        damaged(frame_offset_, problem);
        are_sites_lost_ = true;
    }
}

void packed_reader::read_end(const frame_header& head, std::uint64_t offset,
                             const std::string& payload) {
    is_at_end_ = true;
    if (payload != index_ || head.first_event != events_) {
        damaged(offset, "expected an index of the frames before it");
    }
    packed_footer end{};
    const std::uint64_t footer_offset = offset_;
    if (read(&end, sizeof end) != sizeof end || end.magic != footer_magic ||
        end.checksum != checksum_of(end) || end.index_offset != offset || end.events != events_) {
        return damaged(footer_offset, "expected the footer of a packed trace");
    }
    char more = 0;
    if (read(&more, 1) != 0) {
        damaged(footer_offset + sizeof end, "expected the end of the file");
    }
}

bool packed_reader::next(event& to) {
    while (!frame_.next(to)) {
        if (const char* const problem = frame_.take_problem()) {
            damaged(frame_offset_, problem);
        }
        if (!next_frame()) {
            return false;
        }
    }
    return true;
}

}  // namespace strata::tool::trace
