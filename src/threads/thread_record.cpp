// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/threads/detail/thread_record.hpp>

#include <sys/mman.h>

#include <array>
#include <mutex>
#include <span>
#include <utility>

#include "detail/shield.hpp"
#include "process_state.hpp"

namespace strata::detail {

/// Records for threads beyond the first ones. Fresh pages of the system are zero, and so are fresh
/// records.
struct record_page {
    static constexpr std::size_t bytes = 8192;
    static constexpr std::size_t count = (bytes - sizeof(void*)) / sizeof(thread_record);

    record_page* next;
    std::array<thread_record, count> records;
};

namespace {

// Its address identifies this copy of the library.
constinit const char this_copy = 0;

constinit std::array<thread_record, 16> first_records{};

void add_free(std::span<thread_record> records) noexcept {
    for (thread_record& each : records) {
        each.next_free = std::exchange(process.free_records, &each);
    }
}

void add_page() noexcept {
    const shield here;
    void* const memory = mmap(nullptr, record_page::bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
        static_assert(sizeof(record_page) <= record_page::bytes);
        auto* const page = static_cast<record_page*>(memory);
        page->next = std::exchange(process.pages, page);
        add_free(page->records);
    }
}

void put_back(thread_record& record) noexcept {
    record.thread = 0;
    for (std::atomic<std::uintptr_t>& word : record.words) {
        word.store(0, std::memory_order_relaxed);
    }
    record.next_free = std::exchange(process.free_records, &record);
}

void end_thread(void* ended) noexcept {
    auto& record = *static_cast<thread_record*>(ended);
    state_of_this_thread().record = &process.ended;
    give_up_caches(record);
    const std::lock_guard lock{process.records};
    put_back(record);
}

// Null if there is no memory for a record, or no thread-specific key to report the thread's end.
thread_record* take_record(std::uint64_t thread) noexcept {
    const std::lock_guard lock{process.records};
    if (!std::exchange(process.is_begun, true)) {
        process.has_key = pthread_key_create(&process.thread_end, process.end_thread) == 0;
        add_free(process.first_records);
    }
    if (!process.has_key || process.has_ended) {
        return nullptr;
    }
    if (process.free_records == nullptr) {
        add_page();
    }
    thread_record* const taken = process.free_records;
    if (taken != nullptr) {
        process.free_records = taken->next_free;
        taken->thread = thread;
    }
    return taken;
}

template <class Work>
void for_each_record(Work work) noexcept {
    for (thread_record& each : process.first_records) {
        work(each);
    }
    for (record_page* page = process.pages; page != nullptr; page = page->next) {
        for (thread_record& each : page->records) {
            work(each);
        }
    }
}

// Runs at the exit: other threads may still run then, and keep their records. Runs also when the
// library is unloaded: a key that is left would call a function that is gone.
[[gnu::destructor(101)]] void end() noexcept {
    const shield here;
    const std::lock_guard lock{process.records};
    if (process.owner != &this_copy) {
        return;  // the owner goes on
    }
    process.has_ended = true;
    if (std::exchange(process.has_key, false)) {
        (void)pthread_key_delete(process.thread_end);
    }
    bool is_any_in_use = false;
    for (record_page* page = process.pages; page != nullptr; page = page->next) {
        for (const thread_record& each : page->records) {
            is_any_in_use |= each.thread != 0;
        }
    }
    while (!is_any_in_use && process.pages != nullptr) {
        (void)munmap(std::exchange(process.pages, process.pages->next), record_page::bytes);
    }
}

}  // namespace

constinit process_state process{&this_copy, &end_thread, first_records};

bool has_or_takes_record() noexcept {
    thread_state& me = state_of_this_thread();
    if (me.record != &no_thread_record) {
        return me.record != &process.ended;
    }
    thread_record* const taken = take_record(number_of_this_thread());
    if (taken == nullptr) {
        return false;
    }
    const shield here;  // the system may call malloc, which may call this again
    const bool is_told = pthread_setspecific(process.thread_end, taken) == 0;
    if (is_told && me.record == &no_thread_record) {
        me.record = taken;
        return true;
    }
    const bool has_one = me.record != &no_thread_record;
    if (has_one) {
        (void)pthread_setspecific(process.thread_end, me.record);
    }
    const std::lock_guard lock{process.records};
    put_back(*taken);
    return has_one;
}

std::atomic<std::uintptr_t>& word_of_this_thread(thread_word word) noexcept {
    (void)has_or_takes_record();
    return word_of_record(*record_of_this_thread(), word);
}

void reclaim_records() noexcept {
    // A signal handler may have forked while its thread held the lock. Then the records are leaked.
    const std::unique_lock lock{process.records, std::try_to_lock};
    if (!lock) {
        return;
    }
    for_each_record([](thread_record& each) {
        if (each.thread != 0 && fork_gate::is_left_behind(each.thread)) {
            leave_caches_behind(each);
            put_back(each);
        }
    });
}

}  // namespace strata::detail
