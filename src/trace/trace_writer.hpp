// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_TRACE_TRACE_WRITER_HPP
#define STRATA_SRC_TRACE_TRACE_WRITER_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <strata/detail/cache_line.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_caches.hpp>

#include "call_stack.hpp"
#include "call_tree.hpp"
#include "live_clock.hpp"
#include "live_event.hpp"
#include "live_file.hpp"
#include "threads/process_state.hpp"
#include "trace/live_format.hpp"

namespace strata::detail {

/// Writes the events of all threads to one live trace. Each thread has a chunk of the file, which
/// it alone writes to. A chunk is never taken over: a thread leaves the rest of its last one empty.
///
/// In the child of a fork it writes nothing: the chunks are the parent's.
class trace_writer : thread_caches {
public:
    using event = live_trace::event;

    /// Of what is written.
    struct settings {
        std::size_t stack_depth = 0;        // calls of a call stack; 0: without call stacks
        bool is_own_module = false;         // leaves out calls in the module that this code is in
        std::uint64_t sample_distance = 0;  // as in the header: the caller chooses the sample
    };

    trace_writer(std::string_view whose, std::string_view name, std::string_view path,
                 const settings& how);
    trace_writer(std::string_view whose, std::string_view name, std::string_view path)
        : trace_writer{whose, name, path, settings{}} {}
    trace_writer(const trace_writer&) = delete;
    trace_writer& operator=(const trace_writer&) = delete;
    ~trace_writer();

    /// Writes events next to each other; false if there is no room for them.
    [[nodiscard]] bool write(std::span<const event> events) noexcept;
    /// The same for one event, quickly.
    [[nodiscard, gnu::always_inline]] inline bool write(const event_words& one) noexcept {
        auto* const mine = static_cast<thread_chunk*>(find());
        if (mine == nullptr || mine->used == mine->most) [[unlikely]] {
            return write_slowly(one);
        }
        one.store(mine->events[mine->used]);
        publish(*mine, mine->used + 1);
        return true;
    }
    /// Writes an event with a text, of which it leaves out what is beyond 1,000 bytes.
    [[nodiscard]] bool write(live_trace::kind what, std::uint64_t resource, std::string_view text,
                             std::uint64_t address, std::uint64_t now) noexcept;
    [[nodiscard]] bool write(live_trace::kind what, std::uint64_t resource,
                             std::string_view text) noexcept {
        return write(what, resource, text, 0, clock_.now());
    }

    [[nodiscard]] bool has_stacks() const noexcept { return calls_ != nullptr; }
    /// How many calls of a stack are written, at most; 0 without call stacks.
    [[nodiscard]] std::size_t stack_depth() const noexcept { return stack_limits_.frames; }
    /// Neither in the child of a fork nor with call stacks: an event is written as it is. One
    /// comparison answers both.
    [[nodiscard]] bool is_plain() const noexcept {
        return process.generation.load(std::memory_order_relaxed) == plain_generation_;
    }
    /// The number of the call that called this library, see `call_tree`; 0 if it is not known.
    /// Calls inside of the one that returns to `inner` are left out. Each chunk begins with a look
    /// at the modules.
    [[nodiscard]] std::uint32_t site(std::uint64_t now, const void* inner = nullptr) noexcept;
    /// Writes an event with the call stack from the caller of this function on. Sets the clock of
    /// the event: calls that are new come before it.
    [[nodiscard]] bool write_with_stack(event_words of) noexcept;
    /// The event before another one that tells the site of that.
    [[nodiscard]] static event site_event(std::uint32_t site, std::uint64_t clock) noexcept {
        return event_words::of(live_trace::kind::site, 0, site, 1, 0, clock).whole();
    }
    /// Call it when modules may have been unloaded.
    void forget_unloaded() noexcept {
        if (has_stacks() && !is_in_child()) {
            calls_->forget_unloaded();
        }
    }

    /// A number of the calling thread for the caller's use; 0 at first, or what another thread left
    /// that has ended. Null if the thread is ending, or the system has no memory.
    [[nodiscard]] std::uint64_t* value_of_caller() noexcept {
        auto* const mine = static_cast<thread_chunk*>(find());
        if (mine == nullptr) [[unlikely]] {
            return value_in_new_chunk();
        }
        return &mine->of_caller;
    }

    /// Writes down how fast the clock is, which is known better the longer it has run. Each new
    /// chunk does that too.
    void update_header() noexcept;

    [[nodiscard]] bool is_in_child() const noexcept {
        return process.generation.load(std::memory_order_relaxed) != generation_;
    }
    [[nodiscard]] const live_clock& clock() const noexcept { return clock_; }
    [[nodiscard]] const live_file& file() const noexcept { return file_; }
    [[nodiscard]] std::uint64_t dropped() const noexcept {
        return dropped_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] int reason() const noexcept { return reason_.load(std::memory_order_relaxed); }

    trace_writer* next_open = nullptr;  // see open_trace.cpp

private:
    /// What a thread knows of its chunk.
    struct alignas(cache_line) thread_chunk : thread_cache {
        std::uint32_t used = 0;
        std::uint32_t most = 0;  // it is full with so many events
        event* events = nullptr;
        live_file::place place{};
        std::uint64_t number = 0;     // of the thread in the trace; 0: it has no chunk yet
        std::uint64_t sequence = 0;   // how many chunks it has had
        std::uint64_t not_told = 0;   // events dropped before the first chunk
        std::uint64_t dropped = 0;    // in a row, told or not
        call_stack* stack = nullptr;  // the thread's latest one, in memory of the system
        std::uint64_t looked = 0;     // `sequence` when the modules were last looked at
        std::uint64_t of_caller = 0;  // see `value_of_caller`
    };
    /// For more threads, a page of the system at a time.
    struct page {
        static constexpr std::size_t bytes = 4096;
        page* next = nullptr;
        std::array<thread_chunk, bytes / sizeof(thread_chunk) - 1> chunks{};
    };

    static void publish(thread_chunk& in, std::uint32_t used) noexcept {
        in.used = used;
        // Readers, also of the file of a killed program, see whole events only.
        __atomic_store_n(&in.place.chunk->used, used, __ATOMIC_RELEASE);
    }
    [[nodiscard]] static bool has_room(const thread_chunk& in, std::size_t events) noexcept {
        return events <= in.most - in.used;
    }
    static void put(thread_chunk& to, std::span<const event> events) noexcept;

    static void thread_ends(thread_caches& self, thread_cache& of) noexcept;
    [[nodiscard]] bool write_slowly(event_words one) noexcept;
    [[nodiscard]] bool write_slowly(std::span<const event> events) noexcept;
    [[nodiscard]] bool put_or_drop(thread_chunk& to, std::span<const event> events) noexcept;
    [[nodiscard]] bool begin_chunk(thread_chunk& of, std::uint64_t now) noexcept;
    void drop(thread_chunk& of, std::uint64_t now) noexcept;
    [[nodiscard]] thread_chunk* find_chunk() noexcept;
    [[nodiscard]] bool add_page(const page* newest) noexcept;
    [[nodiscard]] std::uint64_t* value_in_new_chunk() noexcept;
    void write_header(std::uint64_t sample_distance) noexcept;
    template <class Work>
    void for_each_chunk(Work work) noexcept;

    void make_call_tree(std::size_t stack_depth, bool is_own_module) noexcept;
    [[nodiscard]] static bool make_stack(thread_chunk& of) noexcept;
    [[nodiscard]] thread_chunk* prepare_stack() noexcept;

    const std::uint32_t generation_;
    std::uint32_t plain_generation_;
    call_tree* calls_ = nullptr;  // null: without call stacks
    call_stack::limits stack_limits_{};
    std::atomic<bool> is_full_ = false;  // the file could not grow when it was last tried
    std::atomic<int> reason_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
    live_clock clock_;

    section_mutex mutex_{lock_order::trace};  // guards all below, except for their threads
    live_file file_;
    std::uint64_t threads_ = 0;
    std::atomic<page*> pages_ = nullptr;
    thread_chunk common_;  // for threads without a record, and if the system has no memory
};

}  // namespace strata::detail

#endif
