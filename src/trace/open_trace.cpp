// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/trace/detail/open_trace.hpp>

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <mutex>
#include <new>

#include <strata/detail/unwinding.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/trace/mark_phase.hpp>

#include "detail/shield.hpp"
#include "trace_writer.hpp"

namespace strata {
namespace detail {
namespace {

using live_trace::kind;

constinit section_mutex traces_mutex{lock_order::traces};
constinit trace_writer* first_open = nullptr;  // guarded by the mutex
constinit std::atomic<bool> is_any_open = false;

void* map_memory() {
    const shield here;
    void* const memory = mmap(nullptr, sizeof(trace_writer), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        raise_no_memory();
    }
    return memory;
}

void unmap_memory(void* memory) noexcept {
    const shield here;
    (void)munmap(memory, sizeof(trace_writer));
}

// Each trace is of one resource so far.
[[gnu::always_inline]] inline event_words event_at(kind what, const void* block,
                                                   std::uint64_t bytes, std::size_t alignment,
                                                   std::uint64_t clock) noexcept {
    return event_words::of(what, reinterpret_cast<std::uintptr_t>(block), bytes, alignment, 1,
                           clock);
}

// In the child of a fork, and with call stacks. Out of line, so that recording without call stacks
// does not pay for it.

[[gnu::noinline]] bool write_otherwise(trace_writer& to, const event_words& of) noexcept {
    return to.is_in_child() || to.write_with_stack(of);
}

// Calls that are new have the clock of the beginning: those of a thread ascend.
[[gnu::noinline]] bool write_otherwise(trace_writer& to,
                                       const std::array<live_trace::event, 2>& both) noexcept {
    if (to.is_in_child()) {
        return true;
    }
    const std::uint64_t since = both[0].clock;
    const std::uint32_t site = to.site(since, __builtin_return_address(0));
    if (site == 0) {
        return to.write(both);
    }
    return to.write(std::array{trace_writer::site_event(site, since), both[0], both[1]});
}

}  // namespace

open_trace::open_trace(std::string_view whose, std::string_view name, std::string_view file,
                       std::size_t stack_depth) {
    void* const memory = map_memory();
    writer_ = static_cast<trace_writer*>(or_undo(
        [&]() -> void* {
            return ::new (memory) trace_writer{whose, name, file, {.stack_depth = stack_depth}};
        },
        [&] { unmap_memory(memory); }));
    const std::lock_guard lock{traces_mutex};
    writer_->next_open = first_open;
    first_open = writer_;
    is_any_open.store(true, std::memory_order_relaxed);
}

open_trace::~open_trace() {
    {
        const std::lock_guard lock{traces_mutex};
        trace_writer** at = &first_open;
        while (*at != writer_) {
            at = &(*at)->next_open;
        }
        *at = writer_->next_open;
        is_any_open.store(first_open != nullptr, std::memory_order_relaxed);
    }
    writer_->~trace_writer();
    unmap_memory(writer_);
}

bool open_trace::allocated(const void* block, std::size_t bytes, std::size_t alignment) noexcept {
    trace_writer& to = *writer_;
    if (!to.is_plain()) [[unlikely]] {
        return write_otherwise(to, event_at(kind::allocate, block, bytes, alignment, 0));
    }
    return to.write(event_at(kind::allocate, block, bytes, alignment, to.clock().now()));
}

bool open_trace::refused(std::size_t bytes, std::size_t alignment) noexcept {
    trace_writer& to = *writer_;
    if (!to.is_plain()) [[unlikely]] {
        return write_otherwise(to, event_at(kind::refused, nullptr, bytes, alignment, 0));
    }
    return to.write(event_at(kind::refused, nullptr, bytes, alignment, to.clock().now()));
}

bool open_trace::deallocated(const void* block, std::size_t bytes, std::size_t alignment) noexcept {
    trace_writer& to = *writer_;
    return to.is_in_child() ||
           to.write(event_at(kind::deallocate, block, bytes, alignment, to.clock().now()));
}

bool open_trace::resized(const void* block, std::size_t from, std::size_t to, std::size_t alignment,
                         std::uint64_t since) noexcept {
    const std::array both{
        event_at(kind::reallocate_begin, block, from, alignment, since).whole(),
        event_at(kind::reallocate_end, block, to, alignment, writer_->clock().now()).whole()};
    return writer_->is_plain() ? writer_->write(both) : write_otherwise(*writer_, both);
}

std::uint64_t open_trace::clock() const noexcept {
    return writer_->clock().now();
}

std::string_view open_trace::file() const noexcept {
    return writer_->file().path();
}

std::size_t open_trace::stack_depth() const noexcept {
    return writer_->stack_depth();
}

std::uint64_t open_trace::dropped() const noexcept {
    return writer_->dropped();
}

int open_trace::reason() const noexcept {
    return writer_->reason();
}

}  // namespace detail

void mark_phase(std::string_view name) noexcept {
    using namespace detail;
    if (!is_any_open.load(std::memory_order_relaxed)) {
        return;
    }
    const std::lock_guard lock{traces_mutex};
    for (trace_writer* each = first_open; each != nullptr; each = each->next_open) {
        (void)each->write(kind::phase, 0, name);
    }
}

}  // namespace strata
