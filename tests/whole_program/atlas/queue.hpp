// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef ATLAS_QUEUE_HPP
#define ATLAS_QUEUE_HPP

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace atlas {

/// Hands items from some threads on to others, and holds no more than so many of them.
template <class Item>
class queue {
public:
    explicit queue(std::size_t most) : most_{most} {}

    /// Waits while the queue is full. What comes after the end is dropped.
    void push(Item item) {
        std::unique_lock lock{mutex_};
        has_room_.wait(lock, [this] { return ended_ || items_.size() < most_; });
        if (!ended_) {
            items_.push_back(std::move(item));
            has_items_.notify_one();
        }
    }

    /// Waits for an item. None comes after the end, once the queue is empty.
    std::optional<Item> pop() {
        std::unique_lock lock{mutex_};
        has_items_.wait(lock, [this] { return ended_ || !items_.empty(); });
        if (items_.empty()) {
            return std::nullopt;
        }
        std::optional<Item> item{std::move(items_.front())};
        items_.pop_front();
        has_room_.notify_one();
        return item;
    }

    /// Nobody waits from here on.
    void end() {
        const std::lock_guard lock{mutex_};
        ended_ = true;
        has_items_.notify_all();
        has_room_.notify_all();
    }

private:
    std::size_t most_;
    std::mutex mutex_;
    std::condition_variable has_room_;
    std::condition_variable has_items_;
    std::deque<Item> items_;
    bool ended_ = false;
};

}  // namespace atlas

#endif
