// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/detail/raise.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include <strata/diagnostics/misuse.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata {

static constinit std::atomic<bool> are_misuse{false};

bool errors_are_misuse(bool are) noexcept {
    return are_misuse.exchange(are);
}

namespace detail {
namespace {

// The word of a thread. Bit 0 (`raised`): the library raised an error in the innermost attempt.
// Above: the number of attempts that the thread is in, in units of `one`.
constexpr std::uintptr_t raised = 1;
constexpr std::uintptr_t one = 2;

std::atomic<std::uintptr_t>& attempts() noexcept {
    return word_of_this_thread(thread_word::attempts);
}

}  // namespace

attempt::attempt() noexcept : is_counted_{are_misuse.load(std::memory_order_relaxed)} {
    if (is_counted_) [[unlikely]] {
        std::atomic<std::uintptr_t>& mine = attempts();
        mine.store((mine.load(std::memory_order_relaxed) & ~raised) + one,
                   std::memory_order_relaxed);
    }
}

attempt::~attempt() {
    // A fiber may have started this attempt in another thread.
    if (is_counted_ && attempts().load(std::memory_order_relaxed) >= one) [[unlikely]] {
        attempts().fetch_sub(one, std::memory_order_relaxed);
    }
}

void end_if_misuse(const std::exception& error) noexcept {
    if (!are_misuse.load(std::memory_order_relaxed)) {
        return;
    }
    if (attempts().load(std::memory_order_relaxed) >= one) {
        attempts().fetch_or(raised, std::memory_order_relaxed);
        return;
    }
    misuse(error.what());
    std::abort();
}

void end_if_raised(const std::exception& error) noexcept {
    if (are_misuse.load(std::memory_order_relaxed) &&
        (attempts().fetch_and(~raised, std::memory_order_relaxed) & raised) != 0) {
        end_if_misuse(error);
    }
}

void raise_no_memory() {
    raise_error(std::bad_alloc{});
}

void raise_array_too_long() {
    raise_error(std::bad_array_new_length{});
}

void raise_size_too_large() {
    raise_error(std::overflow_error{"strata: this size does not fit std::size_t"});
}

}  // namespace detail
}  // namespace strata
