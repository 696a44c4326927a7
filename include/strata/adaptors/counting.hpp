// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_COUNTING_HPP
#define STRATA_ADAPTORS_COUNTING_HPP

#include <algorithm>
#include <atomic>
#include <cstdint>

/// How a `stats_resource` counts: what it costs, and whether several threads may use it.
namespace strata::counting {

/// Plain integers, for one thread at a time.
class single {
public:
    class counter {
    public:
        /// Adds and returns the sum.
        std::int64_t add(std::int64_t amount) noexcept { return value_ += amount; }
        void raise_to(std::int64_t least) noexcept { value_ = std::max(value_, least); }
        [[nodiscard]] std::int64_t load() const noexcept { return value_; }

    private:
        std::int64_t value_ = 0;
    };
};

/// Atomic integers: no count is lost. Counts read while other threads go on are each of a slightly
/// different moment, so that sums of them may be off by what is under way.
template <std::memory_order Order>
class atomic {
public:
    class counter {
    public:
        std::int64_t add(std::int64_t amount) noexcept {
            return value_.fetch_add(amount, Order) + amount;
        }
        void raise_to(std::int64_t least) noexcept {
            std::int64_t seen = value_.load(std::memory_order_relaxed);
            while (seen < least && !value_.compare_exchange_weak(seen, least, Order)) {
            }
        }
        [[nodiscard]] std::int64_t load() const noexcept { return value_.load(Order); }

    private:
        std::atomic<std::int64_t> value_ = 0;
    };
};

/// Atomic counts that order nothing else: the default.
using relaxed = atomic<std::memory_order_relaxed>;
/// Atomic counts in one order that all threads agree on.
using sequential = atomic<std::memory_order_seq_cst>;

}  // namespace strata::counting

#endif
