// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/record/recorder.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <system_error>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/detail/raise.hpp>

#include "detail/shield.hpp"
#include "tool/record/environment.hpp"
#include "trace/live_event.hpp"
#include "trace/trace_writer.hpp"

namespace strata::tool::recorder {
namespace {

using detail::event_words;
using detail::trace_writer;
using live_trace::kind;

constinit std::atomic<trace_writer*> writer = nullptr;
constinit std::atomic<bool> is_started = false;

void say(const char* what, const char* why) noexcept {
    const detail::shield here;
    std::array<char, 512> text{};
    detail::text_writer{text}
        .write("strata: ")
        .printable(program_invocation_short_name)
        .print(" (process %d): ", getpid())
        .write(what)
        .printable(why)
        .write("\n");
    (void)!::write(STDERR_FILENO, text.data(), std::strlen(text.data()));
}

bool is_wanted() noexcept {
    const char* const process = std::getenv(record_process_variable);
    return process == nullptr || std::atol(process) == getpid();
}

// A process that becomes another program keeps its number.
void find_free_name(std::array<char, 4096>& to, const char* folder) noexcept {
    for (int number = 1; number != 10'000; ++number) {
        std::snprintf(to.data(), to.size(), "%s/%d.%d", folder, getpid(), number);
        if (access(to.data(), F_OK) != 0) {
            return;
        }
    }
}

std::size_t stack_depth() noexcept {
    const char* const depth = std::getenv(record_stacks_variable);
    return depth == nullptr ? 0 : std::strtoul(depth, nullptr, 10);
}

trace_writer* make_writer(const char* folder) noexcept {
    const detail::shield here;
    void* const memory = mmap(nullptr, sizeof(trace_writer), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        say("is not recorded: there is no memory", "");
        return nullptr;
    }
    std::array<char, 4096> path{};
    find_free_name(path, folder);
    try {
        const detail::attempt now;
        return ::new (memory)
            trace_writer{"strata record", "malloc", path.data(), stack_depth(), true};
    } catch (const std::system_error& why) {
        // The folder is removed at the end; a process that outlives the program is not recorded.
        if (why.code() != std::errc::no_such_file_or_directory) {
            say("is not recorded: ", why.what());
        }
    } catch (const std::exception& why) {
        say("is not recorded: ", why.what());
    }
    (void)munmap(memory, sizeof(trace_writer));
    return nullptr;
}

// Calls that come while it starts are not recorded: its own, and those of other threads.
[[gnu::cold, gnu::noinline]] trace_writer* start() noexcept {
    const char* const folder = std::getenv(record_folder_variable);
    trace_writer* const made = folder != nullptr && is_wanted() ? make_writer(folder) : nullptr;
    writer.store(made, std::memory_order_release);
    return made;
}

[[gnu::always_inline]] inline trace_writer* active() noexcept {
    trace_writer* to = writer.load(std::memory_order_acquire);
    if (to == nullptr) {
        return is_started.load(std::memory_order_relaxed) || is_started.exchange(true) ? nullptr
                                                                                       : start();
    }
    if (to->is_in_child()) [[unlikely]] {
        // Its chunks and its file are the parent's.
        return writer.compare_exchange_strong(to, nullptr) ? start() : nullptr;
    }
    return to;
}

event_words event_at(kind what, const void* block, std::size_t bytes, std::size_t alignment,
                     std::uint64_t clock, form as = {}) noexcept {
    return event_words::of(what, reinterpret_cast<std::uintptr_t>(block), bytes, alignment, 1,
                           clock, as);
}

// The file is valid without this, but says less well how fast the clock is.
[[gnu::destructor]] void at_end() {
    trace_writer* const to = writer.load(std::memory_order_relaxed);
    if (to != nullptr && !to->is_in_child()) {
        to->update_header();
    }
}

}  // namespace

void allocated(const void* block, std::size_t bytes, std::size_t alignment, form as) noexcept {
    if (trace_writer* const to = active()) {
        const kind what = block == nullptr ? kind::refused : kind::allocate;
        if (to->has_stacks()) [[unlikely]] {
            (void)to->write_with_stack(event_at(what, block, bytes, alignment, 0, as));
            return;
        }
        (void)to->write(event_at(what, block, bytes, alignment, to->clock().now(), as));
    }
}

void deallocated(const void* block) noexcept {
    if (trace_writer* const to = active()) {
        (void)to->write(event_at(kind::deallocate, block, 0, 1, to->clock().now()));
    }
}

// Captures the stack before it reads the clock: new calls must not be later than
// `reallocate_begin`.
beginning reallocating() noexcept {
    trace_writer* const to = active();
    if (to == nullptr) {
        return {};
    }
    const std::uint32_t site = to->has_stacks() ? to->site(to->clock().now()) : 0;
    return {to->clock().now(), site};
}

void reallocated(const void* from, const void* to, std::size_t bytes,
                 const beginning& since) noexcept {
    if (trace_writer* const into = active()) {
        const std::array all{
            trace_writer::site_event(since.site, since.clock),
            event_at(kind::reallocate_begin, from, 0, 1, since.clock, form::malloc).whole(),
            event_at(kind::reallocate_end, to, bytes, usual_alignment, into->clock().now(),
                     form::malloc)
                .whole()};
        (void)into->write(std::span{all}.subspan(since.site == 0 ? 1 : 0));
    }
}

void unloaded() noexcept {
    if (trace_writer* const to = writer.load(std::memory_order_acquire)) {
        to->forget_unloaded();
    }
}

}  // namespace strata::tool::recorder
