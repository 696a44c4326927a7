// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DETAIL_THREAD_RECORD_HPP
#define STRATA_CORE_DETAIL_THREAD_RECORD_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/core/detail/this_thread.hpp>

namespace strata::detail {

struct deferred_block;
struct thread_cache;

/// Words that parts of the library keep for each thread. What they mean is theirs; 0 at first.
enum class thread_word : std::uint8_t {
    who_answers,         // core/resource
    who_answers_boost,   // interop/boost_pmr
    told_alone,          // core/allocation_source
    debug_thread,        // adaptors/debug_visit
    debug_says,          // adaptors/debug_visit
    debug_looking,       // adaptors/debug_visit
    debug_is_ending,     // adaptors/debug_checks
    state_changed,       // testing/for_each_allocation_failure
    default_is_allowed,  // testing/forbid_default_resource
};
inline constexpr std::size_t thread_word_count = 9;

/// What the library keeps of a thread besides its `thread_state`: where the thread has caches, and
/// some words. A resource is told by its number, which is never given twice, so what is left here
/// of one that is gone does no harm; still the resource removes it.
struct thread_record {
    struct entry {
        std::atomic<std::uint64_t> owner;  // 0: none
        thread_cache* cache;
    };
    static constexpr std::size_t entry_count = 16;

    std::array<entry, entry_count> entries;  // an owner's is at its number modulo their count
    thread_cache* first;                     // of all its caches
    deferred_block* deferred;                // see inside_resource.hpp
    std::array<std::atomic<std::uintptr_t>, thread_word_count> words;
    std::uint64_t thread;  // its number; 0: this record is free
    thread_record* next_free;
};

/// The record of threads that have none: it has no entry.
extern constinit thread_record no_thread_record;

/// Gives the calling thread a record if it has none yet. False where there is no memory for it,
/// where the thread has all but ended, and where the system does not promise to say that it ends.
[[nodiscard]] bool has_or_takes_record() noexcept;

/// A word of the calling thread. Threads without a record have their words in common.
[[nodiscard]] std::atomic<std::uintptr_t>& word_of_this_thread(thread_word word) noexcept;

/// Such a word as a pointer: sets it, and returns what it was.
template <class T>
T* exchange_word(thread_word word, T* with) noexcept {
    return reinterpret_cast<T*>(word_of_this_thread(word).exchange(
        reinterpret_cast<std::uintptr_t>(with), std::memory_order_relaxed));
}

}  // namespace strata::detail

#endif
