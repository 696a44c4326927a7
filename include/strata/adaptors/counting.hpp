// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_COUNTING_HPP
#define STRATA_ADAPTORS_COUNTING_HPP

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <strata/adaptors/detail/sharded_tally.hpp>
#include <strata/adaptors/detail/tally.hpp>

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
    using tally = detail::tally<counter>;
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
    using tally = detail::tally<counter>;
};

/// Atomic counts that order nothing else: the default.
using relaxed = atomic<std::memory_order_relaxed>;
/// Atomic counts in one order that all threads agree on.
using sequential = atomic<std::memory_order_seq_cst>;

/// Counts for each thread apart: the quickest where several threads allocate at once. No count is
/// lost. The peaks may be too high or too low, by at most `slack_bytes` and `slack_blocks` for each
/// thread; with one thread they are exact. For 15 threads at once; more share a lock.
class sharded {
public:
    using tally = detail::sharded_tally;
    static constexpr std::int64_t slack_bytes = tally::slack_bytes;
    static constexpr std::int64_t slack_blocks = tally::slack_blocks;
};

}  // namespace strata::counting

#endif
