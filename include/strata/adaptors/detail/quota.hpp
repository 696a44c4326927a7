// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_DETAIL_QUOTA_HPP
#define STRATA_ADAPTORS_DETAIL_QUOTA_HPP

#include <atomic>
#include <cstddef>
#include <limits>

namespace strata::detail {

/// An amount that any number of threads take from, up to a limit.
class quota {
public:
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    explicit quota(std::size_t limit) noexcept : limit_{limit} {}

    /// Takes all of `amount`. If there is not so much left, takes nothing, not even for a moment in
    /// which a smaller request of another thread would be refused. In both cases sets `used` to the
    /// amount in use just before.
    [[nodiscard]] bool take(std::size_t amount, std::size_t& used) noexcept {
        used = used_.load(std::memory_order_relaxed);
        do {
            // Without a limit the sum may wrap, because impossible requests pass; it is right again
            // when they are given back.
            if (limit_ != unlimited && amount > limit_ - used) {
                return false;
            }
        } while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_acquire,
                                              std::memory_order_relaxed));
        return true;
    }

    // Releases, and `take` acquires: work before this call happens before work after that call.
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
