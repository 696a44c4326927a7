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

/// What the threads of the process share. One object with a name that the linker sees, like
/// `this_thread`: where two copies of the library share the one, they share the other. It lies in
/// one of them, its owner. The loader keeps the owner loaded as long as another copy uses its data.
struct process_state {
    constexpr process_state(const void* owning_copy, void (*at_thread_end)(void*),
                            std::array<thread_record, 16>& records_at_hand) noexcept
        : owner{owning_copy},
          end_thread{at_thread_end},
          first_records{records_at_hand} {}

    struct alignas(cache_line) stripe {
        std::atomic<std::uint64_t> inside{};  // sections; and calls, from bit 32 on
    };

    // fork_gate.cpp
    std::array<stripe, 64> stripes{};  // a thread has that of its number modulo their count
    std::atomic<std::uint32_t> gate{};
    std::atomic<std::uint32_t> generation{};
    std::atomic<std::uint64_t> closed_by{};  // the number of the thread that forks
    std::atomic<std::uint64_t> survivor{};   // the number of the thread that forked this process
    std::atomic<std::uint64_t> first_after_fork{};  // of the numbers given in this process

    // this_thread.cpp
    std::atomic<std::uint64_t> last_thread{};

    // thread_record.cpp; guarded by `records`, but for the constants
    const void* const owner;          // some address in that copy
    void (*const end_thread)(void*);  // of that copy: another may be unloaded sooner
    section_mutex records;            // guards also what is linked to records
    std::array<thread_record, 16>& first_records;  // apart: so they are no data in the file
    thread_record ended{};  // of a thread that has all but ended, and takes no other record
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

/// Waits for a moment, in a loop that waits for another thread: without a processor for itself, so
/// that under SCHED_FIFO that thread has one. errno stays.
void nap() noexcept;

/// In a checked build, ends the program with a message if the rule is broken.
void require_rule(bool is_kept, const char* broken_rule) noexcept;

/// The number of the calling thread. Quick if the thread has one already.
[[nodiscard]] inline std::uint64_t number_of(const thread_state& me) noexcept {
    return me.number != 0 ? me.number : number_of_this_thread();
}

/// In the child of a fork: takes the records of all other threads back.
void reclaim_records() noexcept;

/// The thread of the record ends: its caches go back to their owners.
void give_up_caches(thread_record& of) noexcept;

/// The same where the thread was left behind by a fork, maybe in the middle of a change. With the
/// mutex of records held.
void leave_caches_behind(thread_record& of) noexcept;

}  // namespace strata::detail

#endif
