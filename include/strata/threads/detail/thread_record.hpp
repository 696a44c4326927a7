// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_THREADS_DETAIL_THREAD_RECORD_HPP
#define STRATA_THREADS_DETAIL_THREAD_RECORD_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <strata/threads/detail/this_thread.hpp>

namespace strata::detail {

struct deferred_block;
struct thread_cache;

/// The words that parts of the library keep for each thread. They are 0 at first. Only the part
/// that owns a word knows its meaning.
enum class thread_word : std::uint8_t {
    who_answers,         // core/resource
    who_answers_boost,   // interop/boost_pmr
    told_alone,          // core/allocation_source
    system_id,           // adaptors/debug_call
    state_changed,       // testing/for_each_allocation_failure
    default_is_allowed,  // testing/forbid_default_resource
    attempts,            // diagnostics/raise
    frame_resource,      // interop/coroutine
    new_resource,        // interop/thread_resource
    new_scope,           // interop/thread_resource
};
inline constexpr std::size_t thread_word_count = 10;

/// The library's data for one thread besides its `thread_state`: where the thread's caches are, and
/// some words. An entry names its resource by a number that is never used again. So a stale entry
/// would be harmless; the resource removes it all the same.
///
/// Each resource has one slot: a column. A thread's entry for the resource is in one row of that
/// column. Fast paths look only in the first row, which has the resource that the thread uses most.
/// A new resource takes the slot with the fewest resources, so up to 16 resources have a slot of
/// their own.
struct thread_record {
    struct entry {
        std::atomic<std::uint64_t> owner;  // 0: none
        thread_cache* cache;               // the thread alone reads and writes it
    };
    static constexpr std::size_t slot_count = 16;
    static constexpr std::size_t row_count = 4;

    std::array<std::array<entry, slot_count>, row_count> rows;
    thread_cache* first;       // of all caches of the thread
    deferred_block* deferred;  // see inside_resource.hpp
    std::array<std::atomic<std::uintptr_t>, thread_word_count> words;
    std::uint64_t thread;  // its number; 0: this record is free
    thread_record* next_free;
    std::uint32_t misses;  // lookups that failed in the first row
};

/// A word in the record of a thread. To read it takes no call; see `word_of_this_thread`.
[[nodiscard]] inline std::atomic<std::uintptr_t>& word_of_record(thread_record& record,
                                                                 thread_word word) noexcept {
    return record.words[static_cast<std::size_t>(word)];
}

/// Stands in for the record of a thread that has none. It has no entry.
extern constinit thread_record no_thread_record;

/// Gives the calling thread a record if it has none yet. False if there is no memory for one, if
/// the thread or the process is ending, or if there is no thread-specific key to report the
/// thread's end.
[[nodiscard]] bool has_or_takes_record() noexcept;

/// A word of the calling thread. Threads without a record share theirs.
[[nodiscard]] std::atomic<std::uintptr_t>& word_of_this_thread(thread_word word) noexcept;

/// Stores a pointer in such a word and returns the pointer that was there.
template <class T>
T* exchange_word(thread_word word, T* with) noexcept {
    return reinterpret_cast<T*>(word_of_this_thread(word).exchange(
        reinterpret_cast<std::uintptr_t>(with), std::memory_order_relaxed));
}

}  // namespace strata::detail

#endif
