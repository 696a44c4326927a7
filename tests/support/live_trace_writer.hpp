// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTS_SUPPORT_LIVE_TRACE_WRITER_HPP
#define STRATA_TESTS_SUPPORT_LIVE_TRACE_WRITER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "trace/live_format.hpp"

namespace tests {

/// One event of a live trace, before it is in its 24 bytes.
struct live_event {
    strata::live_trace::kind kind{};
    std::uint64_t thread = 1;
    std::uint64_t clock = 0;
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint64_t resource = 0;
    strata::live_trace::form form{};
    unsigned alignment_exponent = 4;
    std::string_view text{};
};

/// Makes the bytes of a live trace. A tick is a microsecond, and the clock starts at 1000.
class live_trace_writer {
public:
    /// Few events a chunk make a small file of many chunks.
    explicit live_trace_writer(std::string_view program = "a program",
                               std::uint32_t events_in_chunk = strata::live_trace::events_per_chunk,
                               bool has_stacks = false)
        : most_{events_in_chunk},
          bytes_(strata::live_trace::chunk_bytes, '\0') {
        strata::live_trace::file_header head{};
        head.magic = strata::live_trace::magic;
        head.version =
            has_stacks ? strata::live_trace::version_with_stacks : strata::live_trace::version;
        head.chunk_bytes = strata::live_trace::chunk_bytes;
        head.process = 4711;
        head.started = 1'700'000'000'000'000'000;
        head.clock_at_start = 1000;
        head.ticks_per_second = 1'000'000;
        std::copy_n(program.begin(), std::min(program.size(), head.program.size() - 1),
                    head.program.begin());
        std::memcpy(bytes_.data(), &head, sizeof head);
    }

    void add(const live_event& next) {
        strata::live_trace::event raw{};
        raw.of_kind = static_cast<unsigned>(next.kind) & 63u;
        raw.of_form = static_cast<unsigned>(next.form) & 15u;
        raw.alignment_exponent = next.alignment_exponent & 63u;
        raw.address = next.address & 0xFFFF'FFFF'FFFFu;
        raw.size = (next.text.empty() ? next.size : next.text.size()) & 0xFFFF'FFFF'FFFFu;
        raw.resource = next.resource & 0xFFFFu;
        raw.clock = next.clock;
        put(next.thread, &raw, sizeof raw);
        for (std::string_view rest = next.text; !rest.empty();) {
            const std::size_t part = std::min(rest.size(), sizeof raw);
            put(next.thread, rest.data(), part);
            rest.remove_prefix(part);
        }
    }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    struct chunk {
        std::size_t offset = 0;
        strata::live_trace::chunk_header head{};
    };

    void put(std::uint64_t thread, const void* event, std::size_t size) {
        const auto [at, is_new] = chunks_.try_emplace(thread);
        chunk& current = at->second;
        if (is_new || current.head.used == most_) {
            const std::uint64_t sequence = is_new ? 0 : current.head.sequence + 1;
            current = {bytes_.size(), {strata::live_trace::chunk_magic, 0, thread, sequence}};
            bytes_.resize(bytes_.size() + strata::live_trace::chunk_bytes);
        }
        std::memcpy(bytes_.data() + current.offset + sizeof current.head +
                        current.head.used * sizeof(strata::live_trace::event),
                    event, size);
        ++current.head.used;
        std::memcpy(bytes_.data() + current.offset, &current.head, sizeof current.head);
    }

    std::uint32_t most_;
    std::string bytes_;
    std::map<std::uint64_t, chunk> chunks_;
};

}  // namespace tests

#endif
