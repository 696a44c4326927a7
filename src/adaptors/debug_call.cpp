// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_call.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include <strata/detail/text.hpp>
#include <strata/diagnostics/stack_trace.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata::detail {
namespace {

std::string thread_text(std::uint64_t thread) {
    return decimal(static_cast<std::uint32_t>(thread));
}

const char* text_of(debug_call_kind what) noexcept {
    constexpr std::array names{"",        "allocate", "deallocate",     "try_expand", "check",
                               "release", "flush",    "its destructor", "std::exit"};
    return names[static_cast<std::size_t>(what)];
}

}  // namespace

std::uint64_t debug_thread() noexcept {
    std::atomic<std::uintptr_t>& known = word_of_this_thread(thread_word::system_id);
    const std::uint64_t number = number_of_this_thread();
    std::uint64_t thread = known.load(std::memory_order_relaxed);
    if (thread >> 32 != number) {
        thread = (number << 32) | static_cast<std::uint32_t>(::gettid());
        known.store(thread, std::memory_order_relaxed);
    }
    return thread;
}

[[gnu::noinline]] debug_call::debug_call(debug_state& of, kind what, errors how) noexcept
    : of_{of},
      kind_{what},
      errors_{how},
      stack_size_{capture_calls({stack_.data(), of.most_calls()}, 2)} {
    is_reentry_ = of.mutex.is_held_here();
    if (!is_reentry_) {
        const std::uint64_t me = debug_thread();
        std::uint64_t other = 0;
        is_watched_ = of.inside_thread.compare_exchange_strong(other, me) ||
                      (fork_gate::is_left_behind(other >> 32) &&
                       of.inside_thread.compare_exchange_strong(other, me));
        if (!is_watched_ && !of.options.concurrent) {
            note_other_call(other);
        }
        of.mutex.lock();
        of.doing = debug_state::activity::none;  // another thread may have set it before a fork
    }
    change_.emplace();
    if (is_watched_) {
        of.inside_call = what;
        for (std::size_t i = 0; i != of.inside_stack.size(); ++i) {
            void* const address = i < stack_size_ ? stack_[i] : nullptr;
            of.inside_stack[i].store(address, std::memory_order_relaxed);
            if (address == nullptr) {
                break;
            }
        }
    }
}

debug_call::~debug_call() {
    if (is_watched_) {
        of_.inside_call = kind::none;
    }
    change_.reset();
    if (!is_reentry_) {
        of_.mutex.unlock();
    }
    if (is_watched_) {
        of_.inside_thread = 0;
    }
}

// The other thread may leave the resource meanwhile.
void debug_call::note_other_call(std::uint64_t thread) noexcept {
    of_.count(finding::two_threads);
    other_.thread = thread;
    other_.what = of_.inside_call;
    std::size_t& size = other_.stack_size;
    while (other_.what != kind::none && size != other_.stack.size() &&
           (other_.stack[size] = of_.inside_stack[size]) != nullptr) {
        ++size;
    }
}

bool debug_call::may_go_on() {
    const std::uint64_t me = debug_thread();
    const std::uint64_t tied_to = of_.tied_to;
    if (tied_to != 0 && tied_to != me && kind_ != kind::destructor && kind_ != kind::exit) {
        of_.report(finding::wrong_thread, *this, [&] {
            return of_.about("called by a thread that it is not tied to")
                .row("call", text_of(kind_))
                .row("by thread", thread_text(me))
                .row("tied to", "thread " + thread_text(tied_to))
                .calls("called", stack())
                .text();
        });
    }
    if (other_.thread != 0) {
        of_.tell(finding::two_threads, *this, of_.message([&] {
            return of_.about("two threads are inside at once")
                .row("thread " + thread_text(me), text_of(kind_))
                .calls("called", stack())
                .row("thread " + thread_text(other_.thread), text_of(other_.what))
                .calls("called", {other_.stack.data(), other_.stack_size})
                .text();
        }));
    }
    return !is_reentry_ || may_reenter();
}

// While a message is composed, its text may come from the heap, which this resource may serve.
bool debug_call::may_reenter() {
    if (of_.doing == debug_state::activity::composing) {
        return true;
    }
    const bool by_handler = of_.doing == debug_state::activity::telling;
    of_.report(finding::reentry, *this, [&] {
        return of_
            .about(by_handler ? "called by the handler of its findings"
                              : "called by its own upstream")
            .row("call", text_of(kind_))
            .calls("called", stack())
            .text();
    });
    return !by_handler && (kind_ == kind::deallocate || kind_ == kind::destructor);
}

}  // namespace strata::detail
