// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "debug_visit.hpp"

#include <unistd.h>

#include <atomic>

#include <strata/detail/text.hpp>

#include "debug_report.hpp"

namespace strata::detail {

namespace {

// The system's own, as other tools show it.
std::string thread_text(std::uint64_t thread) {
    return decimal(static_cast<std::uint32_t>(thread));
}

}  // namespace

// The system gives the id of a thread that has ended to another; the upper half tells them apart.
std::uint64_t debug_base::current_thread() noexcept {
    std::atomic<std::uintptr_t>& known = word_of_this_thread(thread_word::debug_thread);
    const std::uint64_t number = number_of_this_thread();
    std::uint64_t thread = known.load(std::memory_order_relaxed);
    if (thread >> 32 != number) {
        thread = (number << 32) | static_cast<std::uint32_t>(::gettid());
        known.store(thread, std::memory_order_relaxed);
    }
    return thread;
}

const char* debug_base::text_of(call what) noexcept {
    constexpr std::array names{"",        "allocate", "deallocate",     "try_expand", "check",
                               "release", "flush",    "its destructor", "std::exit"};
    return names[static_cast<std::size_t>(what)];
}

debug_base::visit::visit(debug_base& of, call what, const calls_here& here, may_throw throwing)
    : of_{of},
      looks_{of, &here} {
    const std::uint64_t me = current_thread();
    const std::uint64_t tied_to = of.tied_to_;
    if (tied_to != 0 && tied_to != me && what != call::end && what != call::exit) {
        of.report(finding::wrong_thread, throwing, [&] {
            return debug_report{of.title_text(), "called by another thread than its own",
                                of.options_.stack_depth}
                .row("call", text_of(what))
                .row("by thread", thread_text(me))
                .row("tied to", "thread " + thread_text(tied_to))
                .calls("called", here.all())
                .text();
        });
    }
    if (of.mutex_.is_held_here()) {
        enter_again(what, here, throwing);
        change_.emplace();
        return;
    }
    std::uint64_t other = 0;
    is_watched_ = of.inside_.compare_exchange_strong(other, me) ||
                  (fork_gate::is_left_behind(other >> 32) &&
                   of.inside_.compare_exchange_strong(other, me));
    if (!is_watched_ && !of.options_.concurrent && !says::is(&of, says::composing)) {
        of.report_two_threads(other, what, here, throwing);
    }
    of.mutex_.lock();
    change_.emplace();
    has_lock_ = true;
    if (is_watched_) {
        of.inside_call_ = what;
        const auto calls = here.all();
        for (std::size_t i = 0; i != of.inside_calls_.size(); ++i) {
            void* const address = i < calls.size() ? calls[i] : nullptr;
            of.inside_calls_[i].store(address, std::memory_order_relaxed);
            if (address == nullptr) {
                break;
            }
        }
    }
}

debug_base::visit::~visit() {
    if (has_lock_) {
        if (is_watched_) {
            of_.inside_call_ = call::none;
        }
        change_.reset();
        of_.mutex_.unlock();
    }
    if (is_watched_) {
        of_.inside_ = 0;
    }
}

// While a message is composed, names may come from the heap, which may be this resource.
void debug_base::visit::enter_again(call what, const calls_here& here, may_throw throwing) {
    if (says::is(&of_, says::composing)) {
        return;
    }
    const bool by_handler = says::is(&of_, says::telling);
    is_refused_ = by_handler || what == call::allocate || what == call::expand ||
                  what == call::release ||
                  what == call::flush || what == call::check || what == call::exit;
    of_.report(finding::reentry, throwing, [&] {
        debug_report text{
            of_.title_text(),
            by_handler ? "called by the handler of its findings" : "called by its own upstream",
            of_.options_.stack_depth};
        return text.row("call", text_of(what)).calls("called", here.all()).text();
    });
}

void debug_base::report_two_threads(std::uint64_t other, call what, const calls_here& here,
                                    may_throw throwing) {
    const call others_call = inside_call_;
    std::array<void*, most_kept_calls> calls{};
    std::size_t count = 0;
    while (count != calls.size() && (calls[count] = inside_calls_[count]) != nullptr) {
        ++count;
    }
    report(finding::two_threads, throwing, [&] {
        debug_report text{title_text(), "two threads are inside at once", options_.stack_depth};
        text.row("thread " + thread_text(current_thread()), text_of(what))
            .calls("called", here.all())
            .row("thread " + thread_text(other), text_of(others_call));
        // It may have left meanwhile.
        return others_call == call::none ? text.text()
                                         : text.calls("called", {calls.data(), count}).text();
    });
}

}  // namespace strata::detail
