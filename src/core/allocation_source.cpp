// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/allocation_source.hpp>

#include <mutex>

#include <strata/threads/detail/thread_record.hpp>

namespace strata {

allocation_watcher::~allocation_watcher() = default;

constinit std::atomic<allocation_source*> detail::global_allocation_source = nullptr;

namespace {

// A watcher that does not exist: "tell no watcher". Null means "tell all".
constexpr char nobody_storage = 0;
const void* const nobody = &nobody_storage;

const void* told_alone() noexcept {
    const auto word = detail::word_of_this_thread(detail::thread_word::told_alone).load();
    return reinterpret_cast<const void*>(word);
}

const void* tell_alone(const void* watcher) noexcept {
    return detail::exchange_word(detail::thread_word::told_alone, watcher);
}

}  // namespace

void allocation_source::attach(allocation_watcher& watcher) noexcept {
    const std::lock_guard lock{mutex_};
    watcher.next_ = watchers_.load(std::memory_order_relaxed);
    watchers_.store(&watcher, std::memory_order_release);
    watchers_changed();
}

void allocation_source::detach(const allocation_watcher& watcher) noexcept {
    const std::lock_guard lock{mutex_};
    allocation_watcher* before = watchers_.load(std::memory_order_relaxed);
    if (before == &watcher) {
        watchers_.store(watcher.next_, std::memory_order_release);
        return watchers_changed();
    }
    while (before->next_ != &watcher) {
        before = before->next_;
    }
    before->next_ = watcher.next_;
}

void allocation_source::tell_each(layout wanted) noexcept {
    const void* const alone = told_alone();
    if (alone == nobody) {
        return;
    }
    const std::lock_guard lock{mutex_};
    for (allocation_watcher* watcher = watchers_.load(std::memory_order_relaxed);
         watcher != nullptr; watcher = watcher->next_) {
        if (alone == nullptr || alone == watcher) {
            watcher->asked(wanted);
        }
    }
}

void allocation_source::try_out(const allocation_watcher& watcher) {
    const struct restore {
        const void* before;
        ~restore() { (void)tell_alone(before); }
    } at_end{tell_alone(&watcher)};
    allocate_and_free_a_byte();
}

allocation_source::pause::pause() noexcept : before_{tell_alone(nobody)} {}

allocation_source::pause::~pause() {
    (void)tell_alone(before_);
}

}  // namespace strata
