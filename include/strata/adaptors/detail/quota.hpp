// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_QUOTA_HPP
#define STRATA_ADAPTORS_DETAIL_QUOTA_HPP

#include <atomic>
#include <cstddef>
#include <limits>

namespace strata::detail {

/// An amount of which no more than a limit is taken at any moment, by any number of threads.
class quota {
public:
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    explicit quota(std::size_t limit) noexcept : limit_{limit} {}

    /// Takes all of `amount` or, where so much is not left, nothing: not even for a moment, in
    /// which a smaller request of another thread would be refused. Sets `used` to what was in
    /// use just before, in both cases.
    [[nodiscard]] bool take(std::size_t amount, std::size_t& used) noexcept {
        used = used_.load(std::memory_order_relaxed);
        do {
            // Without a limit the sum may wrap, as requests that nobody can meet pass through; it
            // is right again when they are given back.
            if (limit_ != unlimited && amount > limit_ - used) {
                return false;
            }
        } while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_acquire,
                                              std::memory_order_relaxed));
        return true;
    }

    // Releases, and `take` acquires: what was done before the one is over at the other.
    void give_back(std::size_t amount) noexcept {
        used_.fetch_sub(amount, std::memory_order_release);
    }

    [[nodiscard]] std::size_t used() const noexcept {
        return used_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

private:
    std::atomic<std::size_t> used_ = 0;
    std::size_t limit_;
};

}  // namespace strata::detail

#endif
