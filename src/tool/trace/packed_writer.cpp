// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/packed_writer.hpp"

#include <utility>

#include "tool/trace/checksum.hpp"
#include "tool/trace/compression.hpp"
#include "tool/trace/site_frames.hpp"
#include "tool/trace/varint.hpp"

namespace strata::tool::trace {
namespace {

template <class Struct>
std::string_view bytes_of(const Struct& of) {
    return {reinterpret_cast<const char*>(&of), sizeof of};
}

}  // namespace

packed_writer::packed_writer(std::ostream& to, const trace_info& of) : to_{to} {
    const std::string_view program = std::string_view{of.program}.substr(0, longest_text);
    packed_header head{};
    head.magic = packed_magic;
    head.version = packed_version;
    head.program_bytes = static_cast<std::uint32_t>(program.size());
    head.process = of.process;
    head.started = of.started;
    head.sample_distance = of.sample_distance;
    head.checksum = checksum(program, checksum_of(head));
    write(bytes_of(head));
    write(program);
}

void packed_writer::write(std::string_view bytes) {
    to_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes_ += bytes.size();
}

void packed_writer::write_frame(frame_header head, const std::string& payload) {
    const std::string packed = compressed(payload);
    head.magic = frame_magic;
    head.packed_bytes = static_cast<std::uint32_t>(packed.size());
    head.unpacked_bytes = static_cast<std::uint32_t>(payload.size());
    head.checksum = checksum_of(head);
    write(bytes_of(head));
    write(packed);
}

void packed_writer::add(const event& next) {
    if (!frame_.is_empty() && !frame_.continues_with(next)) {
        write_events();
    }
    frame_.add(next);
    ++events_;
    if (frame_.is_full()) {
        write_events();
    }
}

// The index tells of each frame how far it is from the one before it, and how many events it has.
void packed_writer::write_events() {
    append_varint(index_, bytes_ - std::exchange(indexed_bytes_, bytes_));
    frame_header head{};
    const std::string payload = frame_.finish(head);
    head.kind = static_cast<std::uint32_t>(frame_kind::events);
    append_varint(index_, head.events);
    write_frame(head, payload);
}

void packed_writer::finish(const call_sites& of) {
    if (!frame_.is_empty()) {
        write_events();
    }
    for (const std::string& each : site_frames(of)) {
        frame_header head{};
        head.kind = static_cast<std::uint32_t>(frame_kind::sites);
        head.first_event = events_;
        write_frame(head, each);
    }
    packed_footer end{};
    end.index_offset = bytes_;
    end.events = events_;
    end.checksum = checksum_of(end);
    end.magic = footer_magic;
    frame_header head{};
    head.kind = static_cast<std::uint32_t>(frame_kind::index);
    head.first_event = events_;
    write_frame(head, index_);
    write(bytes_of(end));
}

}  // namespace strata::tool::trace
