// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/record/recorder.hpp"

#include <sys/auxv.h>
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
#include "tool/record/sampled_blocks.hpp"
#include "tool/record/sampling.hpp"
#include "trace/live_event.hpp"
#include "trace/trace_writer.hpp"

namespace strata::tool::recorder {
namespace {

using detail::event_words;
using detail::trace_writer;
using live_trace::kind;

constinit std::atomic<trace_writer*> writer = nullptr;
constinit std::atomic<bool> is_started = false;
// Of a sample; written before `writer`.
constinit sampling sample;
constinit sampled_blocks blocks_in_sample;

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

// Differs from process to process, in the child of a fork too.
std::uint64_t seed() noexcept {
    std::uint64_t random = 0;
    if (const auto* const given = reinterpret_cast<const void*>(getauxval(AT_RANDOM))) {
        std::memcpy(&random, given, sizeof random);
    }
    return random ^ (static_cast<std::uint64_t>(getpid()) << 32);
}

// The child of a fork begins with none of the parent's blocks: their allocations are not in its
// trace. It keeps the tables where they are: a signal handler may have forked, and may go on with a
// function that was in the middle of them.
bool begin_sample(std::uint64_t distance) noexcept {
    const detail::shield here;
    constexpr std::size_t bytes = sampled_blocks::bytes();
    if (blocks_in_sample.memory() != nullptr) {
        (void)madvise(blocks_in_sample.memory(), bytes, MADV_DONTNEED);
    } else {
        void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
        blocks_in_sample.use(memory);
    }
    sample.begin(distance, seed());
    return true;
}

std::uint64_t sample_distance() noexcept {
    const char* const distance = std::getenv(record_sample_variable);
    return distance == nullptr ? 0 : std::strtoull(distance, nullptr, 10);
}

trace_writer* make_writer(const char* folder) noexcept {
    const detail::shield here;
    const std::uint64_t distance = sample_distance();
    void* const memory = distance != 0 && !begin_sample(distance)
                             ? MAP_FAILED
                             : mmap(nullptr, sizeof(trace_writer), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        say("is not recorded: there is no memory", "");
        return nullptr;
    }
    std::array<char, 4096> path{};
    find_free_name(path, folder);
    try {
        const detail::attempt now;
        return ::new (memory) trace_writer{
            "strata record",
            "malloc",
            path.data(),
            {.stack_depth = stack_depth(), .is_own_module = true, .sample_distance = distance}};
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

[[gnu::always_inline]] inline bool write_allocation(trace_writer& to, const void* block,
                                                    std::size_t bytes, std::size_t alignment,
                                                    form as) noexcept {
    const kind what = block == nullptr ? kind::refused : kind::allocate;
    if (to.has_stacks()) [[unlikely]] {
        return to.write_with_stack(event_at(what, block, bytes, alignment, 0, as));
    }
    return to.write(event_at(what, block, bytes, alignment, to.clock().now(), as));
}

[[gnu::always_inline]] inline bool is_in_sample(trace_writer& to, std::size_t bytes) noexcept {
    std::uint64_t none = 0;  // for threads without a number: draws for this allocation alone
    std::uint64_t* const distance = to.value_of_caller();
    return sample.takes(bytes, distance == nullptr ? none : *distance);
}

[[gnu::noinline]] void write_sampled(trace_writer& to, const void* block, std::size_t bytes,
                                     std::size_t alignment, form as) noexcept {
    if (!blocks_in_sample.add(block)) {
        // Its free would not be recognised.
        (void)to.write(event_words::of(kind::dropped, 0, 1, 1, 0, to.clock().now()));
        return;
    }
    if (!write_allocation(to, block, bytes, alignment, as)) {
        (void)blocks_in_sample.take(block);
    }
}

// The free of the old block is earlier than the allocation, which another thread may have made at
// its address meanwhile.
[[gnu::noinline]] void write_reallocated(trace_writer& into, const void* from, const void* to,
                                         std::size_t bytes, const beginning& since) noexcept {
    if (since.is_in_sample && (to != nullptr || !blocks_in_sample.add(from))) {
        (void)into.write(event_at(kind::deallocate, from, 0, 1, since.clock));
    }
    allocated(to, bytes, usual_alignment, form::malloc);
}

// So that the trace's time begins with the program, and not with its first call.
[[gnu::constructor]] void at_begin() {
    (void)active();
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
    trace_writer* const to = active();
    if (to == nullptr) {
        return;
    }
    if (sample.is_on() && block != nullptr) {
        if (is_in_sample(*to, bytes)) [[unlikely]] {
            write_sampled(*to, block, bytes, alignment, as);
        }
        return;
    }
    (void)write_allocation(*to, block, bytes, alignment, as);
}

void deallocated(const void* block) noexcept {
    trace_writer* const to = active();
    if (to != nullptr && (!sample.is_on() || blocks_in_sample.take(block))) {
        (void)to->write(event_at(kind::deallocate, block, 0, 1, to->clock().now()));
    }
}

// Captures the stack before it reads the clock: new calls must not be later than
// `reallocate_begin`.
beginning reallocating(const void* block) noexcept {
    trace_writer* const to = active();
    if (to == nullptr) {
        return {};
    }
    if (sample.is_on()) {
        const bool is_in_sample = blocks_in_sample.take(block);
        return {.clock = is_in_sample ? to->clock().now() : 0, .is_in_sample = is_in_sample};
    }
    const std::uint32_t site = to->has_stacks() ? to->site(to->clock().now()) : 0;
    return {.clock = to->clock().now(), .site = site};
}

void reallocated(const void* from, const void* to, std::size_t bytes,
                 const beginning& since) noexcept {
    if (trace_writer* const into = active()) {
        if (sample.is_on()) {
            return write_reallocated(*into, from, to, bytes, since);
        }
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
