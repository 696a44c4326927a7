// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_DIAGNOSTICS_POISON_HPP
#define STRATA_DIAGNOSTICS_POISON_HPP

#include <cstddef>

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

// Marks a function that reads or writes the bookkeeping a resource keeps in memory it has poisoned.
#if defined(STRATA_ASAN) && defined(__clang__)
#define STRATA_TOUCHES_POISON __attribute__((no_sanitize("address"), noinline))
#elif defined(STRATA_ASAN)
// g++ would otherwise move the access out of the function, to where it is checked.
#define STRATA_TOUCHES_POISON __attribute__((no_sanitize("address"), noipa))
#else
#define STRATA_TOUCHES_POISON
#endif

// What a resource holds and nobody owns is poisoned, so that the tools that watch a program see a
// use of it as they would see one of freed heap memory: AddressSanitizer and MemorySanitizer where
// the library is built with them, Valgrind's memcheck where its header was there when the library
// was built. Which of them, the library's build decides, not that of each file that includes this:
// what one side poisons, the other must unpoison.
namespace strata::detail {

/// Whether a tool watches this process; if not, the functions below do nothing.
[[nodiscard]] bool is_watched() noexcept;

/// Nobody owns these bytes from now on.
void poison(const void* begin, std::size_t bytes) noexcept;

/// These bytes are the caller's: a resource's own bookkeeping, or what goes back to where it is from.
void unpoison(const void* begin, std::size_t bytes) noexcept;

/// These bytes are a block that is served now. Memcheck knows it by the stack of this call, until
/// any of it is poisoned or unpoisoned, and searches for it among leaks.
void announce(const void* block, std::size_t bytes) noexcept;

/// An announced block has another size from now on, and keeps its contents. Call it before the
/// bytes that the block gave up are poisoned.
void announce_resized(const void* block, std::size_t before, std::size_t after) noexcept;

/// What these bytes of a block hold is known: the system cleared them.
void define(const void* begin, std::size_t bytes) noexcept;

/// While one lives, memcheck does not mind what this thread does to poisoned memory.
class among_poison {
public:
    /// Unless it is not watched, which its caller may know already.
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
    static void stop_reports() noexcept;
    static void resume_reports() noexcept;

    bool watched_;
};

/// Prints the stack, if a tool watches that can, to where it reports.
void print_stack_of_tool(const char* title) noexcept;

}  // namespace strata::detail

#endif
