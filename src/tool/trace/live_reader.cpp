// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/trace/live_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>

#include "tool/trace/read_at.hpp"

namespace strata::tool::trace {
namespace {

using live_trace::kind;

constexpr std::uint64_t most_ticks_per_second = 1'000'000'000'000;

std::uint64_t parts_of_text(std::uint64_t bytes) {
    return (bytes + sizeof(live_trace::event) - 1) / sizeof(live_trace::event);
}

}  // namespace

live_reader::live_reader(std::unique_ptr<std::istream> from, const std::string& name,
                         on_damage policy)
    : event_source{name, policy},
      from_{std::move(from)} {
    read_header();
    index_chunks();
    divide_into_threads();
}

// --- the file ---------------------------------------------------------------------------------

void live_reader::read_header() {
    from_->clear();
    if (!from_->seekg(0)) {
        unreadable(0, "a live trace is read at many places: expected a file, not a pipe");
    }
    live_trace::file_header head{};
    if (!read_at(*from_, 0, head)) {
        unreadable(0, "expected the header of a live trace, of " + std::to_string(sizeof head) +
                          " bytes; the file is shorter");
    }
    if (head.version != live_trace::version && head.version != live_trace::version_with_stacks) {
        unreadable(offsetof(live_trace::file_header, version),
                   "expected version " + std::to_string(live_trace::version) + " or " +
                       std::to_string(live_trace::version_with_stacks) +
                       " of a live trace, found " + std::to_string(head.version));
    }
    last_kind_ =
        static_cast<unsigned>(head.version == live_trace::version ? kind::dropped : kind::site);
    if (head.chunk_bytes != live_trace::chunk_bytes) {
        unreadable(offsetof(live_trace::file_header, chunk_bytes),
                   "expected chunks of " + std::to_string(live_trace::chunk_bytes) +
                       " bytes, found " + std::to_string(head.chunk_bytes));
    }
    if (head.ticks_per_second == 0 || head.ticks_per_second > most_ticks_per_second) {
        unreadable(
            offsetof(live_trace::file_header, ticks_per_second),
            "expected 1 to 10^12 ticks a second, found " + std::to_string(head.ticks_per_second));
    }
    if (head.sample_distance > live_trace::most_sample_distance) {
        unreadable(offsetof(live_trace::file_header, sample_distance),
                   "expected a sample's mean distance of at most " +
                       std::to_string(live_trace::most_sample_distance) + " bytes, found " +
                       std::to_string(head.sample_distance));
    }
    const auto end = std::ranges::find(head.program, '\0');
    info_.program.assign(head.program.begin(), end);
    info_.process = head.process;
    info_.started = head.started;
    info_.sample_distance = head.sample_distance;
    clock_at_start_ = head.clock_at_start;
    ticks_per_second_ = head.ticks_per_second;
    bytes_ = live_trace::chunk_bytes;
}

void live_reader::index_chunks() {
    from_->clear();
    from_->seekg(0, std::ios::end);
    const auto file_bytes = static_cast<std::uint64_t>(from_->tellg());
    most_events_ = file_bytes / sizeof(live_trace::event);
    // From the last to the first: a thread that still runs has filled a chunk before it begins the
    // next one. So of a chunk that has a next one here, all events are read.
    for (std::uint64_t left = (file_bytes + live_trace::chunk_bytes - 1) / live_trace::chunk_bytes;
         left > 1; --left) {
        add_chunk((left - 1) * live_trace::chunk_bytes, file_bytes);
    }
}

void live_reader::add_chunk(std::uint64_t offset, std::uint64_t file_bytes) {
    struct {
        live_trace::chunk_header head;
        live_trace::event first;
    } begin{};
    (void)read_at(*from_, offset, begin);  // zeros where the file ends
    const live_trace::chunk_header& head = begin.head;
    const bool is_chunk = head.magic == live_trace::chunk_magic;
    if (head.magic == std::array<char, 4>{} || (is_chunk && head.used == 0)) {
        return;
    }
    if (!is_chunk) {
        return damaged(offset, "expected a chunk, which begins with CHNK, or zeros");
    }
    if (head.thread == 0 || head.thread > std::numeric_limits<std::uint32_t>::max()) {
        return damaged(offset,
                       "expected a thread from 1 to 2^32-1, found " + std::to_string(head.thread));
    }
    if (head.used > live_trace::events_per_chunk) {
        return damaged(offset, "expected at most " + std::to_string(live_trace::events_per_chunk) +
                                   " events in a chunk, found " + std::to_string(head.used));
    }
    const std::uint64_t room =
        std::min<std::uint64_t>(file_bytes - offset, live_trace::chunk_bytes);
    const std::uint64_t whole =
        room < sizeof head ? 0 : (room - sizeof head) / sizeof(live_trace::event);
    if (whole < head.used) {
        damaged(offset, "expected " + std::to_string(head.used) +
                            " events in the chunk; the file ends after " + std::to_string(whole));
    }
    const auto used = static_cast<std::uint32_t>(std::min<std::uint64_t>(head.used, whole));
    if (used != 0) {
        chunks_.push_back({head.thread, head.sequence, offset, begin.first.clock, used});
    }
}

void live_reader::divide_into_threads() {
    std::ranges::sort(chunks_, [](const live_chunk& left, const live_chunk& right) {
        return std::tie(left.thread, left.sequence, left.offset) <
               std::tie(right.thread, right.sequence, right.offset);
    });
    const std::span<const live_chunk> all{chunks_};
    for (std::size_t begin = 0; begin != all.size();) {
        std::size_t end = begin;
        for (; end != all.size() && all[end].thread == all[begin].thread; ++end) {
            if (all[end].sequence != end - begin) {
                damaged(all[end].offset, "expected chunk " + std::to_string(end - begin) +
                                             " of thread " + std::to_string(all[end].thread) +
                                             ", found chunk " + std::to_string(all[end].sequence));
            }
        }
        threads_.push_back({.number = static_cast<std::uint32_t>(all[begin].thread),
                            .chunks = all.subspan(begin, end - begin),
                            .clock = all[begin].clock,
                            .cursor = {},
                            .changing = {}});
        begin = end;
    }
    const auto is_later = std::bind_front(&live_reader::later, this);
    for (std::size_t i = 0; i != threads_.size(); ++i) {
        waiting_.push_back(i);
    }
    std::ranges::make_heap(waiting_, is_later);
}

// --- the order of events ----------------------------------------------------------------------

bool live_reader::later(std::size_t left, std::size_t right) const {
    return std::pair{threads_[left].clock, left} > std::pair{threads_[right].clock, right};
}

// Readies the thread's next event; at its end, returns the memory of its cursor.
bool live_reader::advance(thread& in) {
    if (in.cursor == nullptr) {
        in.cursor = std::make_unique<live_cursor>(*from_, in.chunks);
    }
    if (!in.cursor->fill()) {
        in.cursor.reset();
        return false;
    }
    in.clock = in.cursor->clock();
    return true;
}

live_reader::thread* live_reader::earliest() {
    const auto is_later = std::bind_front(&live_reader::later, this);
    if (current_ && !advance(threads_[*current_])) {
        current_.reset();
    }
    while (!waiting_.empty() && (!current_ || later(*current_, waiting_.front()))) {
        std::ranges::pop_heap(waiting_, is_later);
        const std::size_t next = std::exchange(waiting_.back(), current_.value_or(0));
        if (current_) {
            std::ranges::push_heap(waiting_, is_later);
        } else {
            waiting_.pop_back();
        }
        current_ = next;
        if (!advance(threads_[next])) {
            current_.reset();
        }
    }
    return current_ ? &threads_[*current_] : nullptr;
}

bool live_reader::next(event& to) {
    if (queued_) {
        to = *queued_;
        queued_.reset();
        return true;
    }
    while (thread* const in = earliest()) {
        if (translate(*in, to)) {
            return true;
        }
    }
    return false;
}

// --- the events -------------------------------------------------------------------------------

std::uint64_t live_reader::microseconds_at(std::uint64_t clock) const noexcept {
    const std::uint64_t ticks = clock < clock_at_start_ ? 0 : clock - clock_at_start_;
    return ticks / ticks_per_second_ * 1'000'000 +
           ticks % ticks_per_second_ * 1'000'000 / ticks_per_second_;
}

number_map<live_reader::known_block>& live_reader::blocks_of(std::uint64_t resource) {
    if (latest_blocks_ == nullptr || resource != latest_resource_) {
        latest_resource_ = resource;
        latest_blocks_ = &blocks_[resource];
    }
    return *latest_blocks_;
}

bool live_reader::translate(thread& in, event& to) {
    const std::uint64_t offset = in.cursor->offset();
    const live_trace::event raw = in.cursor->front();
    if (raw.of_kind == 0 || raw.of_kind > last_kind_ || raw.of_form >= forms) {
        damaged(offset, "expected an event of kind 1 to " + std::to_string(last_kind_) +
                            " and form 0 to 5, found kind " + std::to_string(raw.of_kind) +
                            ", form " + std::to_string(raw.of_form));
        in.cursor->skip_chunk();
        return false;
    }
    in.cursor->pop();
    bytes_ += sizeof raw;
    latest_ = std::max(latest_, microseconds_at(in.clock));
    to = {.of_form = static_cast<form>(raw.of_form),
          .alignment_exponent = static_cast<std::uint8_t>(raw.alignment_exponent),
          .resource = static_cast<std::uint16_t>(raw.resource),
          .thread = in.number,
          .size = raw.size,
          .microseconds = latest_,
          .text = {}};
    const auto of_kind = static_cast<kind>(raw.of_kind);
    if (in.is_changing && of_kind != kind::reallocate_end) {
        damaged(offset, "expected the end of the thread's reallocation");
        put_back(in);
    }
    if (of_kind >= kind::module) {
        return translate_stack(in, raw, offset);
    }
    const std::uint32_t site = std::exchange(in.site, 0);
    switch (of_kind) {
        case kind::release:
            blocks_of(raw.resource).clear();
            to.kind = event_kind::release;
            return true;
        case kind::refused:
            to.kind = event_kind::refused;
            return true;
        case kind::thread_begin:
            to.kind = event_kind::thread_begin;
            return true;
        case kind::thread_end:
            to.kind = event_kind::thread_end;
            return true;
        case kind::dropped:
            to.kind = event_kind::dropped;
            return true;
        case kind::phase:
        case kind::resource:
            to.kind = of_kind == kind::phase ? event_kind::phase : event_kind::resource;
            to.size = of_kind == kind::phase ? 0 : raw.address;
            if (!read_text(in, raw, offset)) {
                return false;
            }
            to.text = text_;
            return true;
        default:
            // The recorder writes the site before `reallocate_begin`; readers get it with
            // `reallocate_end`.
            in.site = of_kind == kind::reallocate_begin ? site : 0;
            to.site = of_kind == kind::allocate || of_kind == kind::reallocate_end ? site : 0;
            return translate_block(in, raw, to, offset);
    }
}

// What stacks are made of. None is an event for readers.
bool live_reader::translate_stack(thread& in, const live_trace::event& raw, std::uint64_t offset) {
    switch (static_cast<kind>(raw.of_kind)) {
        case kind::module: {
            if (!read_text(in, raw, offset)) {
                return false;
            }
            const std::size_t space = text_.find(' ');
            if (space == std::string::npos ||
                !sites_.add_module(
                    static_cast<std::uint32_t>(raw.resource),
                    {text_.substr(0, space), text_.substr(space + 1), raw.address})) {
                damaged(offset, "expected a new module, with its build id, a space and its path");
            }
            return false;
        }
        case kind::call: {
            const auto number = static_cast<std::uint32_t>(raw.size & live_trace::most_calls);
            if (number > most_events_ ||
                !sites_.add_call(number,
                                 static_cast<std::uint32_t>(raw.size >> live_trace::bits_of_call),
                                 static_cast<std::uint32_t>(raw.resource), raw.address)) {
                damaged(offset, "expected a new call, with a number above that of its caller, and "
                                "the address of code");
            }
            return false;
        }
        default:
            if (raw.size == 0 || raw.size > live_trace::most_calls) {
                damaged(offset, "expected the number of a call, below 2^24");
                return false;
            }
            in.site = static_cast<std::uint32_t>(raw.size);
            return false;
    }
}

// A text whose end is not there is none: its writer was killed.
bool live_reader::read_text(thread& in, const live_trace::event& raw, std::uint64_t offset) {
    text_.clear();
    if (raw.size > live_trace::chunk_bytes) {
        damaged(offset, "expected a text of at most " + std::to_string(live_trace::chunk_bytes) +
                            " bytes, found " + std::to_string(raw.size));
        in.cursor->skip_chunk();
        return false;
    }
    for (std::uint64_t i = parts_of_text(raw.size); i != 0; --i) {
        if (!in.cursor->fill()) {
            return false;
        }
        text_.append(reinterpret_cast<const char*>(&in.cursor->front()), sizeof(live_trace::event));
        in.cursor->pop();
        bytes_ += sizeof(live_trace::event);
    }
    text_.resize(std::min<std::size_t>(raw.size, longest_text));
    return true;
}

bool live_reader::translate_block(thread& in, const live_trace::event& raw, event& to,
                                  std::uint64_t offset) {
    switch (static_cast<kind>(raw.of_kind)) {
        case kind::allocate:
            if (raw.address == 0) {
                damaged(offset, "expected the address of a block, found 0");
                return false;
            }
            return begin_block(raw, to);
        case kind::deallocate:
            return end_block(raw, to);
        case kind::reallocate_begin:
            return begin_change(in, raw, to);
        default:
            return end_change(in, raw, to, offset);
    }
}

// A block that is still there has been freed unseen: its address would not be free otherwise. Its
// event comes first, and `to` is queued.
void live_reader::free_what_is_at(const live_trace::event& raw, event& to) {
    const auto old = blocks_of(raw.resource).take(raw.address);
    if (old) {
        queued_ = to;
        to = {.kind = event_kind::missed,
              .resource = to.resource,
              .thread = to.thread,
              .block = old->number,
              .microseconds = to.microseconds,
              .text = {}};
    }
}

bool live_reader::begin_block(const live_trace::event& raw, event& to) {
    to.kind = event_kind::allocate;
    to.block = next_block_++;
    const known_block made{to.block, raw.size};
    free_what_is_at(raw, to);
    blocks_of(raw.resource).put(raw.address, made);
    return true;
}

bool live_reader::end_block(const live_trace::event& raw, event& to) {
    const auto block = blocks_of(raw.resource).take(raw.address);
    to.is_sized = raw.size != 0;
    if (!block) {
        to.kind = event_kind::unknown;
        return true;
    }
    to.kind = event_kind::deallocate;
    to.block = block->number;
    to.size = raw.size == block->size ? 0 : raw.size;
    return true;
}

// Between the two events another thread may get the old address, so the block has none.
bool live_reader::begin_change(thread& in, const live_trace::event& raw, event& to) {
    in.changing = blocks_of(raw.resource).take(raw.address);
    in.is_changing = true;
    in.address = raw.address;
    in.resource = raw.resource;
    to.kind = event_kind::unknown;
    to.size = 0;
    return !in.changing;
}

bool live_reader::end_change(thread& in, const live_trace::event& raw, event& to,
                             std::uint64_t offset) {
    if (!in.is_changing) {
        damaged(offset, "expected the beginning of this reallocation before its end");
        return false;
    }
    if (raw.address == 0) {
        put_back(in);
        to.kind = event_kind::refused;
        to.site = 0;
        return true;
    }
    in.is_changing = false;
    if (!in.changing) {  // it was not known, but now it is
        return begin_block(raw, to);
    }
    const known_block changed{in.changing->number, raw.size};
    to.kind = event_kind::reallocate;
    to.block = changed.number;
    free_what_is_at(raw, to);
    blocks_of(raw.resource).put(raw.address, changed);
    return true;
}

void live_reader::put_back(thread& in) {
    in.is_changing = false;
    if (in.changing) {
        blocks_of(in.resource).put(in.address, *in.changing);
    }
}

}  // namespace strata::tool::trace
