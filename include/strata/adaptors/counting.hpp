// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_ADAPTORS_COUNTING_HPP
#define STRATA_ADAPTORS_COUNTING_HPP

#include <atomic>
#include <cstdint>
#include <string_view>

#include <strata/adaptors/detail/atomic_tally.hpp>
#include <strata/adaptors/detail/plain_tally.hpp>
#include <strata/adaptors/detail/sharded_tally.hpp>
#include <strata/core/thread_safety.hpp>

/// How a `stats_resource` counts: what it costs, and whether several threads may use it.
namespace strata::counting {

/// Plain integers, for one thread at a time: also to make or end a `stats_scope`.
struct single {
    static constexpr std::string_view word = "single";  // in strategy texts
    static constexpr thread_safety threads = thread_safety::one_at_a_time;
    using tally = detail::plain_tally<detail::cleared_entries>;
};

/// Atomic integers: no count is lost, and the peak is exact. A snapshot taken while other threads
/// allocate mixes counts of slightly different moments: the live counts may differ from allocations
/// less deallocations. They are never below 0 or above the peak, and no total ever decreases.
template <std::memory_order Order>
struct atomic {
    static constexpr std::string_view word =
        Order == std::memory_order_relaxed ? "relaxed" : "sequential";
    static constexpr thread_safety threads = thread_safety::as_below;
    using tally = detail::atomic_tally<Order>;
};

/// Atomic counts in no common order. Nothing else may rely on their order.
using relaxed = atomic<std::memory_order_relaxed>;
/// Atomic counts in one order that all threads agree on.
using sequential = atomic<std::memory_order_seq_cst>;

/// Separate counts for each thread: the quickest for several threads, and nearly as quick as
/// `single` for one. No count is lost. The peaks may be off by at most `slack_bytes` and
/// `slack_blocks` for each thread that has counted. They may also miss the blocks that threads take
/// or free just now. The same holds for the live counts of a snapshot taken while other threads
/// count; otherwise they are exact. If only one thread has counted, the peaks are exact
/// too. Live counts are never below 0 or above the peak, and no total ever decreases. The second
/// thread at once, and every third after it, takes a page of 4 KiB from the system.
struct sharded {
    static constexpr std::string_view word = "sharded";
    static constexpr thread_safety threads = thread_safety::as_below;
    using tally = detail::sharded_tally;
    static constexpr std::int64_t slack_bytes = tally::slack_bytes;
    static constexpr std::int64_t slack_blocks = tally::slack_blocks;
};

/// The default.
using usual = sharded;

}  // namespace strata::counting

#endif
