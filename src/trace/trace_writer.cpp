// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "trace_writer.hpp"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include <strata/threads/detail/thread_record.hpp>

#include "detail/shield.hpp"

namespace strata::detail {
namespace {

using live_trace::chunk_header;
using live_trace::event;
using live_trace::kind;

constexpr std::uint64_t events_in_a_chunk = live_trace::events_per_chunk;
// The last event of a chunk is kept for the number of events that were dropped after it.
constexpr auto most_in_a_chunk = static_cast<std::uint32_t>(events_in_a_chunk - 1);

constexpr std::size_t longest_text = 1000;
constexpr std::size_t events_of_text = (longest_text + sizeof(event) - 1) / sizeof(event);

// While the file is full, a thread asks the system for more room once in so many events.
constexpr std::uint64_t tries_again_after = 4096;

// Readers that see the magic see all that was stored before.
template <class Word, class Magic>
void publish_magic(Magic& to, const Magic& magic) noexcept {
    using word [[gnu::may_alias]] = Word;
    __atomic_store_n(reinterpret_cast<word*>(&to), std::bit_cast<Word>(magic), __ATOMIC_RELEASE);
}

event event_of(kind what, std::uint64_t size, std::uint64_t clock) noexcept {
    return event_words::of(what, 0, size, 1, 0, clock).whole();
}

}  // namespace

trace_writer::trace_writer(std::string_view whose, std::string_view name, std::string_view path,
                           const settings& how)
    : thread_caches{&thread_ends, after_fork::forget},
      generation_{fork_gate::generation()},
      plain_generation_{generation_},
      file_{whose, path} {
    if (how.stack_depth != 0) {
        make_call_tree(how.stack_depth, how.is_own_module);
    }
    write_header(how.sample_distance);
    (void)write(kind::resource, 1, name);
}

template <class Work>
void trace_writer::for_each_chunk(Work work) noexcept {
    work(common_);
    for (page* at = pages_.load(std::memory_order_relaxed); at != nullptr; at = at->next) {
        for (thread_chunk& each : at->chunks) {
            work(each);
        }
    }
}

trace_writer::~trace_writer() {
    forget_all();
    const shield here;
    for_each_chunk([&](thread_chunk& each) {
        file_.leave_chunk(each.place);
        if (each.stack != nullptr) {
            (void)munmap(each.stack, sizeof(call_stack));
        }
    });
    if (!is_in_child()) {
        update_header();
        file_.cut();
    }
    if (calls_ != nullptr) {
        calls_->~call_tree();
        (void)munmap(calls_, sizeof(call_tree));
    }
    for (page* each = pages_.load(std::memory_order_relaxed); each != nullptr;) {
        (void)munmap(std::exchange(each, each->next), sizeof(page));
    }
}

// --- the header ---------------------------------------------------------------------------------

void trace_writer::write_header(std::uint64_t sample_distance) noexcept {
    const shield here;
    live_trace::file_header& to = file_.header();
    timespec now{};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    to.version = has_stacks() ? live_trace::version_with_stacks : live_trace::version;
    to.chunk_bytes = live_trace::chunk_bytes;
    to.process = static_cast<std::uint64_t>(getpid());
    to.started = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                 static_cast<std::uint64_t>(now.tv_nsec);
    to.clock_at_start = clock_.start();
    to.sample_distance = sample_distance;
    // The link has no zero at its end.
    (void)!readlink("/proc/self/exe", to.program.data(), to.program.size() - 1);
    update_header();
    publish_magic<std::uint64_t>(to.magic, live_trace::magic);
}

void trace_writer::update_header() noexcept {
    __atomic_store_n(&file_.header().ticks_per_second, clock_.ticks_per_second(), __ATOMIC_RELAXED);
}

// --- events -------------------------------------------------------------------------------------

void trace_writer::put(thread_chunk& to, std::span<const event> events) noexcept {
    std::memcpy(to.events + to.used, events.data(), events.size_bytes());
    publish(to, to.used + static_cast<std::uint32_t>(events.size()));
}

bool trace_writer::write(std::span<const event> events) noexcept {
    auto* const mine = static_cast<thread_chunk*>(find());
    if (mine == nullptr || !has_room(*mine, events.size())) {
        return write_slowly(events);
    }
    put(*mine, events);
    return true;
}

bool trace_writer::write(kind what, std::uint64_t resource, std::string_view text,
                         std::uint64_t address, std::uint64_t now) noexcept {
    if (is_in_child()) {
        return true;
    }
    std::array<event, 1 + events_of_text> all{};
    const std::size_t bytes = std::min(text.size(), longest_text);
    all[0] = event_words::of(what, address, bytes, 1, resource, now).whole();
    std::ranges::copy(text.substr(0, bytes), reinterpret_cast<char*>(&all[1]));
    return write({all.data(), 1 + (bytes + sizeof(event) - 1) / sizeof(event)});
}

[[gnu::noinline]] bool trace_writer::write_slowly(event_words one) noexcept {
    const event whole = one.whole();
    return write_slowly({&whole, 1});
}

bool trace_writer::write_slowly(std::span<const event> events) noexcept {
    thread_chunk* const mine = find_chunk();
    if (mine == nullptr) {
        const std::lock_guard lock{mutex_};
        return put_or_drop(common_, events);
    }
    if (has_room(*mine, events.size())) {
        put(*mine, events);
        return true;
    }
    if (is_full_.load(std::memory_order_relaxed) && (mine->dropped + 1) % tries_again_after != 0) {
        drop(*mine, events.front().clock);
        return false;
    }
    const void* const before = mine->place.chunk;
    std::unique_lock lock{mutex_};
    const bool is_done = put_or_drop(*mine, events);
    lock.unlock();
    if (mine->place.chunk != before) {
        live_file::prepare(mine->place);
    }
    return is_done;
}

bool trace_writer::put_or_drop(thread_chunk& to, std::span<const event> events) noexcept {
    if (!has_room(to, events.size()) && !begin_chunk(to, events.front().clock)) {
        drop(to, events.front().clock);
        return false;
    }
    put(to, events);
    return true;
}

// --- chunks -------------------------------------------------------------------------------------

// Call it with the lock held. `now` is the clock of the event that needs the chunk: the clocks of
// a thread ascend, and that one was read before.
bool trace_writer::begin_chunk(thread_chunk& of, std::uint64_t now) noexcept {
    const live_file::place next = file_.take_chunk();
    is_full_.store(next.chunk == nullptr, std::memory_order_relaxed);
    if (next.chunk == nullptr) {
        reason_.store(file_.error(), std::memory_order_relaxed);
        return false;
    }
    update_header();
    file_.leave_chunk(of.place);
    const bool is_first = of.number == 0;
    if (is_first) {
        of.number = ++threads_;
    }
    of.place = next;
    of.events = reinterpret_cast<event*>(next.chunk + 1);
    of.used = 0;
    of.most = most_in_a_chunk;
    of.dropped = 0;
    next.chunk->thread = of.number;
    next.chunk->sequence = of.sequence++;
    publish_magic<std::uint32_t>(next.chunk->magic, live_trace::chunk_magic);
    const auto add = [&](kind what, std::uint64_t size) {
        const event made = event_of(what, size, now);
        put(of, {&made, 1});
    };
    if (is_first) {
        add(kind::thread_begin, &of == &common_ ? 0 : static_cast<std::uint64_t>(gettid()));
    }
    if (of.not_told != 0) {
        add(kind::dropped, std::exchange(of.not_told, 0));
    }
    return true;
}

// The thread's chunk, if it has one, ends with an event that counts up. So the file is right also
// if there is never room again.
void trace_writer::drop(thread_chunk& of, std::uint64_t now) noexcept {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    ++of.dropped;
    if (of.place.chunk == nullptr) {
        ++of.not_told;
        return;
    }
    const event told = event_of(kind::dropped, of.dropped, now);
    if (of.dropped == 1) {
        put(of, {&told, 1});
        of.most = of.used;
        return;
    }
    const auto words = std::bit_cast<event_words>(told);
    auto* const last = reinterpret_cast<std::uint64_t*>(of.events + of.used - 1);
    __atomic_store_n(last + 1, words.second, __ATOMIC_RELAXED);
    __atomic_store_n(last + 2, words.clock, __ATOMIC_RELAXED);
}

// --- call stacks --------------------------------------------------------------------------------

// Without memory, there are no call stacks.
void trace_writer::make_call_tree(std::size_t stack_depth, bool is_own_module) noexcept {
    const shield here;
    void* const memory = mmap(nullptr, sizeof(call_tree), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    stack_limits_ = call_stack::limits::of(stack_depth, is_own_module);
    calls_ = ::new (memory) call_tree{*this};
    plain_generation_ = generation_ - 1;  // which is past
}

// A chunk keeps it for the next thread that takes the chunk over.
bool trace_writer::make_stack(thread_chunk& of) noexcept {
    const shield here;
    void* const memory = mmap(nullptr, sizeof(call_stack), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    of.stack = ::new (memory) call_stack;
    return true;
}

// Null if there can be no stack.
[[gnu::noinline]] trace_writer::thread_chunk* trace_writer::prepare_stack() noexcept {
    thread_chunk* const mine = find_chunk();
    if (mine == nullptr || is_in_child() || (mine->stack == nullptr && !make_stack(*mine))) {
        return nullptr;
    }
    if (std::exchange(mine->looked, mine->sequence) != mine->sequence) {
        calls_->forget_missing();
    }
    return mine;
}

std::uint32_t trace_writer::site(std::uint64_t now, const void* inner) noexcept {
    auto* mine = static_cast<thread_chunk*>(find());
    if (mine == nullptr || mine->stack == nullptr || mine->looked != mine->sequence) [[unlikely]] {
        mine = prepare_stack();
        if (mine == nullptr) {
            return 0;
        }
    }
    return mine->stack->capture(*calls_, stack_limits_, now,
                                reinterpret_cast<std::uintptr_t>(inner));
}

// Not inlined: its own frame is left out.
[[gnu::noinline]] bool trace_writer::write_with_stack(event_words of) noexcept {
    const std::uint32_t innermost = site(clock_.now(), __builtin_return_address(0));
    of.clock = clock_.now();
    if (innermost == 0) {
        return write(of);
    }
    return write(std::array{site_event(innermost, of.clock), of.whole()});
}

// --- threads ------------------------------------------------------------------------------------

void trace_writer::thread_ends(thread_caches& self, thread_cache& of) noexcept {
    auto& writer = static_cast<trace_writer&>(self);
    auto& mine = static_cast<thread_chunk&>(of);
    if (writer.is_in_child()) {
        return;
    }
    const std::lock_guard lock{writer.mutex_};
    if (mine.number != 0) {
        const event last = event_of(kind::thread_end, 0, writer.clock_.now());
        (void)writer.put_or_drop(mine, {&last, 1});
    }
    writer.file_.leave_chunk(mine.place);
    if (mine.stack != nullptr) {
        mine.stack->forget();
    }
    mine.events = nullptr;
    mine.used = mine.most = 0;
    mine.number = mine.sequence = mine.not_told = mine.dropped = mine.looked = 0;
}

// Null if the thread has no record, or the system has no memory.
trace_writer::thread_chunk* trace_writer::find_chunk() noexcept {
    for (;;) {
        const page* const newest = pages_.load(std::memory_order_acquire);
        thread_cache* const mine = find_or_adopt();
        if (mine != nullptr || !has_or_takes_record() || !add_page(newest)) {
            return static_cast<thread_chunk*>(mine);
        }
        // Other threads may have taken all of the new page.
    }
}

[[gnu::noinline]] std::uint64_t* trace_writer::value_in_new_chunk() noexcept {
    thread_chunk* const mine = find_chunk();
    return mine == nullptr ? nullptr : &mine->of_caller;
}

// Adds none if another thread has added one after `newest`.
bool trace_writer::add_page(const page* newest) noexcept {
    const shield here;
    void* const memory =
        mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    auto* const made = ::new (memory) page{};
    const std::lock_guard lock{mutex_};
    if (pages_.load(std::memory_order_relaxed) != newest) {
        (void)munmap(memory, sizeof(page));
        return true;
    }
    for (thread_chunk& each : made->chunks) {
        add_idle(each);
    }
    made->next = pages_.load(std::memory_order_relaxed);
    pages_.store(made, std::memory_order_release);
    return true;
}

}  // namespace strata::detail
