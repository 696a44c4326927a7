// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "trace_file.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "../support/bytes_stream.hpp"
#include "../support/live_trace_writer.hpp"
#include "program.hpp"
#include "tool/failure.hpp"
#include "tool/trace/checksum.hpp"
#include "tool/trace/compression.hpp"
#include "tool/trace/event_source.hpp"
#include "tool/trace/packed_format.hpp"
#include "tool/trace/packed_writer.hpp"

namespace fuzz {
namespace {

namespace trace = strata::tool::trace;

std::unique_ptr<trace::event_source> reader_of(const std::string& file, trace::on_damage policy) {
    return trace::read_trace(std::make_unique<tests::bytes_stream>(file), "FILE", policy);
}

// A refusal names the place.
void read_strictly(const std::string& file) {
    try {
        const auto source = reader_of(file, trace::on_damage::refuse);
        std::uint32_t site = 0;
        for (trace::event each; source->next(each);) {
            site = std::max(site, each.site);
        }
        (void)source->sites().calls_of(site);
    } catch (const strata::tool::failure& why) {
        if (std::string_view{why.what()}.find("FILE: offset ") != 0) {
            fail("a refusal that says not where");
        }
    }
}

std::string packed(trace::event_source& from) {
    std::ostringstream file;
    trace::packed_writer to{file, from.info()};
    for (trace::event each; from.next(each);) {
        to.add(each);
    }
    to.finish(from.sites());
    return file.str();
}

// What can be read of a file is the same after it was packed.
void read_and_pack(const std::string& file) {
    try {
        const std::string again = packed(*reader_of(file, trace::on_damage::salvage));
        const auto first = reader_of(file, trace::on_damage::salvage);
        const auto second = reader_of(again, trace::on_damage::refuse);
        for (trace::event left, right; first->next(left);) {
            if (!second->next(right) || !(left == right)) {
                fail("packed into other events");
            }
        }
        if (trace::event more; second->next(more)) {
            fail("packed into more events");
        }
        if (!std::ranges::equal(first->sites().calls(), second->sites().calls())) {
            fail("packed into other calls");
        }
    } catch (const strata::tool::failure& why) {
        if (std::string_view{why.what()}.find("FILE: offset ") != 0) {
            fail("cannot be read or packed");
        }
    }
}

// The bytes are the columns of a frame, whose checksums are right.
std::string around_a_frame(input& bytes) {
    std::ostringstream file;
    trace::packed_writer{file, {}};
    trace::frame_header head{};
    head.magic = trace::frame_magic;
    head.events = static_cast<std::uint32_t>(bytes.below(256));
    head.first_block = bytes.below(256);
    head.thread = static_cast<std::uint32_t>(bytes.below(4));
    head.kind = head.thread == 3 ? 3 : 1;  // call stacks, or events
    const std::string payload = trace::compressed(bytes.text());
    head.packed_bytes = static_cast<std::uint32_t>(payload.size());
    head.unpacked_bytes = static_cast<std::uint32_t>(bytes.text().size());
    head.checksum = checksum_of(head);
    return file.str() + std::string(reinterpret_cast<const char*>(&head), sizeof head) + payload;
}

std::string around_events(input& bytes) {
    tests::live_trace_writer file{"fuzz", 40, true};
    while (!bytes.at_end()) {
        const std::size_t what = bytes.byte();
        const bool has_text = what % 16 == 9 || what % 16 == 10 || what % 16 == 12;
        std::string text(has_text ? bytes.below(64) : 0, what % 16 == 12 ? ' ' : 'x');
        file.add({.kind = static_cast<strata::live_trace::kind>(what % 16),
                  .thread = 1 + bytes.below(3),
                  .clock = 1000 + bytes.below(256),
                  .address = bytes.below(16),
                  .size = bytes.below(256),
                  .resource = bytes.below(3),
                  .form = static_cast<strata::live_trace::form>(what / 16 % 8),
                  .alignment_exponent = static_cast<unsigned>(what / 128),
                  .text = text});
    }
    return file.bytes();
}

// The bytes are in the places of a live trace that are read: headers, and the first events.
std::string around_chunks(input& bytes) {
    std::string file = tests::live_trace_writer{}.bytes();
    for (int i = 0; i != 4 && !bytes.at_end(); ++i) {
        std::string chunk{bytes.one_in(8) ? "JUNK" : "CHNK"};
        const std::size_t length = 8 * (1 + bytes.below(32));
        while (chunk.size() < length) {
            chunk.push_back(static_cast<char>(bytes.byte()));
        }
        chunk.resize(bytes.one_in(8) ? chunk.size() : strata::live_trace::chunk_bytes);
        file += chunk;
    }
    return file;
}

}  // namespace

void trace_file(input& bytes) {
    std::string file;
    switch (bytes.below(4)) {
        case 0:
            file = bytes.text();
            break;
        case 1:
            file = around_a_frame(bytes);
            break;
        case 2:
            file = around_events(bytes);
            break;
        default:
            file = around_chunks(bytes);
            break;
    }
    read_strictly(file);
    read_and_pack(file);
}

}  // namespace fuzz
