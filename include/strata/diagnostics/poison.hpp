// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_POISON_HPP
#define STRATA_DIAGNOSTICS_POISON_HPP

#include <cstddef>

#include <strata/detail/relaxed_word.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define STRATA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRATA_ASAN 1
#endif
#if __has_feature(memory_sanitizer)
#define STRATA_MSAN 1
#endif
#endif

// Marks a function that reads or writes bookkeeping of a resource in poisoned memory.
#if defined(STRATA_ASAN) && defined(__clang__)
#define STRATA_TOUCHES_POISON __attribute__((no_sanitize("address"), noinline))
#elif defined(STRATA_ASAN)
// g++ would otherwise move the access out of the function, to where it is checked.
#define STRATA_TOUCHES_POISON __attribute__((no_sanitize("address"), noipa))
#else
#define STRATA_TOUCHES_POISON
#endif

// A resource poisons the memory that it holds and has not served. Tools then report a use of it
// like a use of freed heap memory: AddressSanitizer and MemorySanitizer if the library is built
// with them, Valgrind's memcheck if its header was there when the library was built. Only the build
// of the library decides that, not the build of a file that includes this header: one file may have
// to unpoison what another has poisoned.
namespace strata::detail {

/// How the library asks the tools. The answer never changes, so it is kept: a resource asks
/// often, also one with a short life.
struct watching_tools {
    static bool ask() noexcept;
    static void poison(const void* begin, std::size_t bytes) noexcept;
    static void unpoison(const void* begin, std::size_t bytes) noexcept;
    static void announce(const void* block, std::size_t bytes) noexcept;

    static relaxed_word known_absent;  // not 0: no tool watches
};

/// Whether one of these tools watches this process. If not, the functions below do nothing.
[[nodiscard]] inline bool is_watched() noexcept {
    return watching_tools::known_absent.load() == 0 && watching_tools::ask();
}

/// No user owns these bytes from now on: their use is an error.
inline void poison(const void* begin, std::size_t bytes) noexcept {
    if (is_watched()) {
        watching_tools::poison(begin, bytes);
    }
}

/// The caller may use these bytes: for its bookkeeping, or to give them back to an upstream.
inline void unpoison(const void* begin, std::size_t bytes) noexcept {
    if (is_watched()) {
        watching_tools::unpoison(begin, bytes);
    }
}

/// These bytes are a block that is served now. Memcheck takes the stack of this call for the one
/// that allocated it, and reports the block as a leak unless it is poisoned or unpoisoned later.
inline void announce(const void* block, std::size_t bytes) noexcept {
    if (is_watched()) {
        watching_tools::announce(block, bytes);
    }
}

/// An announced block has another size from now on, and keeps its contents. Call it before the
/// bytes that the block gave up are poisoned.
void announce_resized(const void* block, std::size_t before, std::size_t after) noexcept;

/// The contents of these bytes are initialised: the system cleared them.
void define(const void* begin, std::size_t bytes) noexcept;

/// While one lives, memcheck ignores what this thread does to poisoned memory.
class among_poison {
public:
    /// Does nothing if `watched` is false, for callers that know that no tool watches.
    explicit among_poison(bool watched = is_watched()) noexcept : watched_{watched} {
        if (watched_) {
            stop_reports();
        }
    }
    among_poison(const among_poison&) = delete;
    among_poison& operator=(const among_poison&) = delete;
    ~among_poison() {
        if (watched_) {
            resume_reports();
        }
    }

private:
    friend class guarded_call;

    static void stop_reports() noexcept;
    static void resume_reports() noexcept;

    bool watched_;
};

/// Lets the tool that watches, if it can, print the call stack in its report.
void print_stack_of_tool(const char* title) noexcept;

}  // namespace strata::detail

#endif
