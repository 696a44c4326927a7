// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/diagnostics/poison.hpp>

#include "announced_blocks.hpp"

#ifdef STRATA_ASAN
#include <sanitizer/asan_interface.h>

#include <mutex>

#include <strata/threads/detail/fork_gate.hpp>
#endif
#ifdef STRATA_MSAN
#include <sanitizer/msan_interface.h>
#endif
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define STRATA_MEMCHECK 1
#endif

namespace strata::detail {
namespace {

// Other tools of Valgrind leave the request unanswered.
bool is_memcheck() noexcept {
#ifdef STRATA_MEMCHECK
    [[maybe_unused]] const char some = 0;  // unused on processors that Valgrind does not know
    return VALGRIND_MAKE_MEM_DEFINED(&some, 1) != 0;
#else
    return false;
#endif
}

#ifdef STRATA_ASAN
// AddressSanitizer keeps a byte for eight bytes of memory. To change it, it reads it and writes it
// back, so two threads with blocks in the same eight bytes must take turns.
constinit section_mutex shadow;

void poison_for_asan(const void* begin, std::size_t bytes) noexcept {
    const std::lock_guard turn{shadow};
    __asan_poison_memory_region(begin, bytes);
}

void unpoison_for_asan(const void* begin, std::size_t bytes) noexcept {
    const std::lock_guard turn{shadow};
    __asan_unpoison_memory_region(begin, bytes);
}
#endif

}  // namespace

constinit relaxed_word watching_tools::known_absent{};

bool watching_tools::ask() noexcept {
#if defined(STRATA_ASAN) || defined(STRATA_MSAN)
    return true;
#else
    if (is_memcheck()) {
        return true;
    }
    known_absent.store(1);
    return false;
#endif
}

void watching_tools::poison([[maybe_unused]] const void* begin,
                            [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    poison_for_asan(begin, bytes);
#endif
#ifdef STRATA_MSAN
    __msan_poison(begin, bytes);
#endif
#ifdef STRATA_MEMCHECK
    if (is_memcheck()) {
        announced_blocks::withdraw(begin, bytes);
        (void)VALGRIND_MAKE_MEM_NOACCESS(begin, bytes);
    }
#endif
}

void watching_tools::unpoison([[maybe_unused]] const void* begin,
                              [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    unpoison_for_asan(begin, bytes);
#endif
#ifdef STRATA_MSAN
    __msan_unpoison(begin, bytes);
#endif
#ifdef STRATA_MEMCHECK
    if (is_memcheck()) {
        announced_blocks::withdraw(begin, bytes);
        (void)VALGRIND_MAKE_MEM_DEFINED(begin, bytes);
    }
#endif
}

void watching_tools::announce([[maybe_unused]] const void* block,
                              [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_ASAN
    unpoison_for_asan(block, bytes);
#endif
#ifdef STRATA_MSAN
    __msan_allocated_memory(block, bytes);
#endif
#ifdef STRATA_MEMCHECK
    if (is_memcheck()) {
        announced_blocks::add(block, bytes);
    }
#endif
}

void announce_resized([[maybe_unused]] const void* block, [[maybe_unused]] std::size_t before,
                      [[maybe_unused]] std::size_t after) noexcept {
#if defined(STRATA_ASAN) || defined(STRATA_MSAN)
    if (after > before) {
        announce(static_cast<const std::byte*>(block) + before, after - before);
    }
#endif
#ifdef STRATA_MEMCHECK
    if (is_memcheck()) {
        announced_blocks::resize(block, before, after);
    }
#endif
}

void define([[maybe_unused]] const void* begin, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef STRATA_MSAN
    __msan_unpoison(begin, bytes);
#endif
#ifdef STRATA_MEMCHECK
    (void)VALGRIND_MAKE_MEM_DEFINED(begin, bytes);
#endif
}

void among_poison::stop_reports() noexcept {
#ifdef STRATA_MEMCHECK
    VALGRIND_DISABLE_ERROR_REPORTING;
#endif
}

void among_poison::resume_reports() noexcept {
#ifdef STRATA_MEMCHECK
    VALGRIND_ENABLE_ERROR_REPORTING;
#endif
}

void print_stack_of_tool([[maybe_unused]] const char* title) noexcept {
#ifdef STRATA_ASAN
    __sanitizer_print_stack_trace();
#endif
#ifdef STRATA_MEMCHECK
    (void)VALGRIND_PRINTF_BACKTRACE("%s\n", title);
#endif
}

}  // namespace strata::detail
