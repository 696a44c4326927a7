// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TOOL_TRACE_LIVE_READER_HPP
#define STRATA_TOOL_TRACE_LIVE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tool/trace/event_source.hpp"
#include "tool/trace/live_cursor.hpp"
#include "tool/trace/number_map.hpp"

namespace strata::tool::trace {

/// Reads a live trace: merges the events of the threads by their clocks, and turns addresses into
/// numbers of blocks.
///
/// Overhead: 40 bytes a chunk of 64 KiB, 12 KiB a thread that is running, 32 to 64 bytes a block
/// that is live.
class live_reader final : public event_source {
public:
    live_reader(std::unique_ptr<std::istream> from, const std::string& name, on_damage policy);

    bool next(event& to) override;
    [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }

private:
    struct known_block {
        std::uint64_t number = 0;
        std::uint64_t size = 0;
    };
    struct thread {
        std::uint32_t number = 0;
        std::span<const live_chunk> chunks;
        std::uint64_t clock = 0;              ///< of the next event
        std::unique_ptr<live_cursor> cursor;  ///< while the thread is running
        std::optional<known_block> changing;  ///< between the two events of a reallocation
        bool is_changing = false;
        std::uint64_t address = 0;  ///< of the block that is changing
        std::uint64_t resource = 0;
        std::uint32_t site = 0;  ///< of the next event, or of the reallocation
    };

    void read_header();
    void index_chunks();
    void add_chunk(std::uint64_t offset, std::uint64_t file_bytes);
    void divide_into_threads();

    bool later(std::size_t left, std::size_t right) const;
    thread* earliest();
    bool advance(thread& in);

    // Each returns whether there is an event.
    bool translate(thread& in, event& to);
    bool translate_block(thread& in, const live_trace::event& raw, event& to, std::uint64_t offset);
    bool translate_stack(thread& in, const live_trace::event& raw, std::uint64_t offset);
    bool begin_block(const live_trace::event& raw, event& to);
    bool end_block(const live_trace::event& raw, event& to);
    bool begin_change(thread& in, const live_trace::event& raw, event& to);
    bool end_change(thread& in, const live_trace::event& raw, event& to, std::uint64_t offset);
    void put_back(thread& in);
    void free_what_is_at(const live_trace::event& raw, event& to);
    bool read_text(thread& in, const live_trace::event& raw, std::uint64_t offset);

    [[nodiscard]] number_map<known_block>& blocks_of(std::uint64_t resource);
    [[nodiscard]] std::uint64_t microseconds_at(std::uint64_t clock) const noexcept;

    std::unique_ptr<std::istream> from_;
    std::uint64_t clock_at_start_ = 0;
    std::uint64_t ticks_per_second_ = 1;
    unsigned last_kind_ = 0;         ///< of its version
    std::uint64_t most_events_ = 0;  ///< that the file has room for

    std::vector<live_chunk> chunks_;
    std::vector<thread> threads_;
    std::vector<std::size_t> waiting_;    ///< a heap: the thread with the earliest event on top
    std::optional<std::size_t> current_;  ///< the thread whose event was the last

    std::map<std::uint64_t, number_map<known_block>> blocks_;  ///< by resource, then by address
    std::uint64_t latest_resource_ = 0;
    number_map<known_block>* latest_blocks_ = nullptr;  ///< of it: mostly they are the next again
    std::uint64_t next_block_ = 0;
    std::uint64_t latest_ = 0;
    std::uint64_t bytes_ = 0;
    std::string text_;
    std::optional<event> queued_;
};

}  // namespace strata::tool::trace

#endif
