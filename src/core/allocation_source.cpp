// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/core/allocation_source.hpp>

#include <utility>

namespace strata {

allocation_watcher::~allocation_watcher() = default;

constinit std::atomic<allocation_source*> detail::global_allocation_source = nullptr;

namespace {

// Stands for no watcher at all, where null stands for every one.
constexpr char nobody_storage = 0;
const void* const nobody = &nobody_storage;
thread_local const void* told_alone = nullptr;

}  // namespace

void allocation_source::attach(allocation_watcher& watcher) noexcept {
    const std::lock_guard lock{mutex_};
    watcher.next_ = watchers_.load(std::memory_order_relaxed);
    watchers_.store(&watcher, std::memory_order_release);
}

void allocation_source::detach(const allocation_watcher& watcher) noexcept {
    const std::lock_guard lock{mutex_};
    allocation_watcher* before = watchers_.load(std::memory_order_relaxed);
    if (before == &watcher) {
        watchers_.store(watcher.next_, std::memory_order_release);
        return;
    }
    while (before->next_ != &watcher) {
        before = before->next_;
    }
    before->next_ = watcher.next_;
}

void allocation_source::tell_each(layout wanted) noexcept {
    if (told_alone == nobody) {
        return;
    }
    const std::lock_guard lock{mutex_};
    for (allocation_watcher* watcher = watchers_.load(std::memory_order_relaxed);
         watcher != nullptr; watcher = watcher->next_) {
        if (told_alone == nullptr || told_alone == watcher) {
            watcher->asked(wanted);
        }
    }
}

void allocation_source::try_out(const allocation_watcher& watcher) {
    const struct restore {
        const void* before;
        ~restore() { told_alone = before; }
    } at_end{std::exchange(told_alone, &watcher)};
    allocate_and_free_a_byte();
}

allocation_source::pause::pause() noexcept : before_{std::exchange(told_alone, nobody)} {}

allocation_source::pause::~pause() {
    told_alone = before_;
}

}  // namespace strata
