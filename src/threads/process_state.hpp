// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_SRC_THREADS_PROCESS_STATE_HPP
#define STRATA_SRC_THREADS_PROCESS_STATE_HPP

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>

#include <strata/detail/cache_line.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/this_thread.hpp>
#include <strata/threads/detail/thread_record.hpp>

namespace strata::detail {

struct record_page;

/// What the threads of the process share. An exported object, like `this_thread`: two copies of the
/// library share both or neither. The object is in one of the copies, its owner. The loader keeps
/// the owner loaded as long as another copy uses its data.
struct process_state {
    constexpr process_state(const void* owning_copy, void (*at_thread_end)(void*),
                            std::array<thread_record, 16>& records_at_hand) noexcept
        : owner{owning_copy},
          end_thread{at_thread_end},
          first_records{records_at_hand} {}

    struct alignas(cache_line) stripe {
        std::atomic<std::uint64_t> inside{};  // low 32 bits: sections; high 32 bits: calls
    };

    // fork_gate.cpp
    std::array<stripe, 64> stripes{};  // a thread uses the one of its number modulo 64
    std::atomic<std::uint32_t> gate{};
    std::atomic<std::uint32_t> generation{};
    std::atomic<std::uint64_t> closed_by{};  // the number of the thread that forks
    std::atomic<std::uint64_t> survivor{};   // the number of the thread that forked this process
    std::atomic<std::uint64_t> first_after_fork{};  // the first thread number after the fork

    // this_thread.cpp
    std::atomic<std::uint64_t> last_thread{};

    // thread_record.cpp; guarded by `records`, except the constants
    const void* const owner;          // an address that identifies the owner
    void (*const end_thread)(void*);  // of the owner: another copy may be unloaded first
    section_mutex records;            // guards also the lists linked to records
    std::array<thread_record, 16>& first_records;  // apart: so they are no data in the file
    thread_record ended{};  // for a thread that is ending: it gets no record of its own any more
    thread_record* free_records = nullptr;
    record_page* pages = nullptr;
    bool is_begun = false;
    bool has_key = false;
    bool has_ended = false;
    pthread_key_t thread_end{};

    // thread_caches.cpp
    std::atomic<std::uint64_t> last_owner{};
    std::array<std::uint32_t, thread_record::slot_count> owners_of_slot{};  // guarded by `records`
};

extern constinit process_state process;

/// Sleeps for a moment, for loops that wait for another thread. It sleeps rather than yields, so
/// that under SCHED_FIFO the other thread gets the processor. Keeps errno.
void nap() noexcept;

/// In a checked build, ends the program with a message if the rule is broken.
void require_rule(bool is_kept, const char* broken_rule) noexcept;

/// The number of the calling thread. Quick if the thread has one already.
[[nodiscard]] inline std::uint64_t number_of(const thread_state& me) noexcept {
    return me.number != 0 ? me.number : number_of_this_thread();
}

/// In the child of a fork: takes back the records of all other threads.
void reclaim_records() noexcept;

/// The thread of the record ends: its caches go back to their owners.
void give_up_caches(thread_record& of) noexcept;

/// The same for a thread that exists only in the parent; it may have been in the middle of a
/// change. Call it with `records` held.
void leave_caches_behind(thread_record& of) noexcept;

}  // namespace strata::detail

#endif
