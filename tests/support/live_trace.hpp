// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_LIVE_TRACE_HPP
#define STRATA_TESTS_SUPPORT_LIVE_TRACE_HPP

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "trace/live_format.hpp"

namespace tests {

/// A fixture: a folder, and in it the path of a trace that is not there yet.
struct trace_folder {
    temporary_folder files;
    std::string path = files.file("run.trace");
};

using live_kind = strata::live_trace::kind;

/// An event of a live trace.
struct live_event {
    live_kind kind;
    std::uint64_t address;
    std::uint64_t size;
    std::uint64_t alignment;
    std::uint64_t resource;
    std::uint64_t clock;
    std::string text;
};

/// The whole content of a live trace, for tests: the events of each thread in their order.
struct live_trace {
    strata::live_trace::file_header header{};
    std::map<std::uint64_t, std::vector<live_event>> threads;
    std::size_t chunks = 0;
    std::size_t bytes = 0;

    [[nodiscard]] std::size_t count(live_kind kind) const {
        std::size_t found = 0;
        for (const auto& [thread, events] : threads) {
            found += static_cast<std::size_t>(std::ranges::count(events, kind, &live_event::kind));
        }
        return found;
    }
    /// The sum of the sizes of events.
    [[nodiscard]] std::uint64_t sum(live_kind kind) const {
        std::uint64_t sum = 0;
        for (const auto& [thread, events] : threads) {
            for (const live_event& each : events) {
                sum += each.kind == kind ? each.size : 0;
            }
        }
        return sum;
    }
};

/// Reads a live trace. Every rule of the format that is broken is a failure of the test.
[[nodiscard]] inline live_trace read_live_trace(const std::string& path) {
    namespace format = strata::live_trace;
    std::ifstream in{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    live_trace read;
    read.bytes = bytes.size();
    BOOST_TEST_REQUIRE(bytes.size() >= format::chunk_bytes);
    BOOST_TEST(bytes.size() % format::chunk_bytes == 0u);
    std::memcpy(&read.header, bytes.data(), sizeof read.header);
    BOOST_TEST((read.header.magic == format::magic));
    const bool has_stacks = read.header.version == format::version_with_stacks;
    BOOST_TEST((has_stacks || read.header.version == format::version));
    BOOST_TEST(read.header.chunk_bytes == format::chunk_bytes);
    BOOST_TEST(read.header.ticks_per_second > 0u);

    std::map<std::uint64_t, std::map<std::uint64_t, std::size_t>> offsets;
    for (std::size_t at = format::chunk_bytes; at < bytes.size(); at += format::chunk_bytes) {
        format::chunk_header chunk{};
        std::memcpy(&chunk, bytes.data() + at, sizeof chunk);
        if (chunk.magic == std::array<char, 4>{}) {
            continue;
        }
        BOOST_TEST_REQUIRE((chunk.magic == format::chunk_magic));
        BOOST_TEST_REQUIRE(chunk.used <= format::events_per_chunk);
        BOOST_TEST(offsets[chunk.thread].emplace(chunk.sequence, at).second);
        ++read.chunks;
    }
    for (const auto& [thread, chunks] : offsets) {
        BOOST_TEST(chunks.rbegin()->first + 1 == chunks.size());  // none is missing
        for (const auto& [sequence, at] : chunks) {
            format::chunk_header chunk{};
            std::memcpy(&chunk, bytes.data() + at, sizeof chunk);
            for (std::size_t i = 0; i < chunk.used; ++i) {
                const std::size_t place = at + sizeof chunk + i * sizeof(format::event);
                format::event event{};
                std::memcpy(&event, bytes.data() + place, sizeof event);
                live_event made{.kind = static_cast<live_kind>(event.of_kind),
                                .address = event.address,
                                .size = event.size,
                                .alignment = std::uint64_t{1} << event.alignment_exponent,
                                .resource = event.resource,
                                .clock = event.clock,
                                .text = {}};
                BOOST_TEST((has_stacks || made.kind <= live_kind::dropped));
                if (made.kind == live_kind::phase || made.kind == live_kind::resource ||
                    made.kind == live_kind::module) {
                    made.text = bytes.substr(place + sizeof event, made.size);
                    i += (made.size + sizeof event - 1) / sizeof event;
                    BOOST_TEST_REQUIRE(i < chunk.used);
                }
                read.threads[thread].push_back(made);
            }
        }
    }
    return read;
}

/// Checks that the events make sense in the order of clocks: a block is not live when it is
/// allocated, and is live when it is freed or resized. Returns how many blocks are live at the end.
inline std::size_t check_causality(const live_trace& of) {
    std::vector<const live_event*> order;
    for (const auto& [thread, events] : of.threads) {
        BOOST_TEST(std::ranges::is_sorted(events, {}, &live_event::clock));
        for (const live_event& each : events) {
            order.push_back(&each);
        }
    }
    // At the same tick, frees come first.
    std::ranges::stable_sort(order, [](const live_event* a, const live_event* b) {
        const auto key = [](const live_event* of_event) {
            return std::pair{of_event->clock, of_event->kind != live_kind::deallocate};
        };
        return key(a) < key(b);
    });
    std::map<std::uint64_t, std::uint64_t> live;
    std::size_t wrong = 0;
    for (const live_event* each : order) {
        switch (each->kind) {
            case live_kind::allocate:
                wrong += live.emplace(each->address, each->size).second ? 0 : 1;
                break;
            case live_kind::deallocate:
                wrong += live.erase(each->address) == 1 ? 0 : 1;
                break;
            case live_kind::reallocate_begin:
                wrong += live.contains(each->address) ? 0 : 1;
                break;
            case live_kind::reallocate_end:
                live[each->address] = each->size;
                break;
            default:
                break;
        }
    }
    BOOST_TEST(wrong == 0u);
    return live.size();
}

}  // namespace tests

#endif
