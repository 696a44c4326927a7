// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/sharded_tally.hpp>

#include <algorithm>
#include <mutex>

namespace strata::detail {

namespace {

void raise(std::atomic<std::int64_t>& peak, std::int64_t least) noexcept {
    std::int64_t seen = peak.load(std::memory_order_relaxed);
    while (seen < least &&
           !peak.compare_exchange_weak(seen, least, std::memory_order_relaxed)) {
    }
}

}  // namespace

// The counts of an ended thread stay, and those of one that a fork left behind: the next thread goes
// on with them. Each number is whole at any time.
sharded_tally::sharded_tally() noexcept
    : thread_caches{[](thread_caches& /*self*/, thread_cache& /*cache*/) noexcept {},
                    after_fork::adopt} {
    for (std::size_t i = 0; i + 1 != shard_count; ++i) {
        add_idle(shards_[i]);
    }
}

sharded_tally::~sharded_tally() {
    forget_all();
}

// --- counting ---------------------------------------------------------------------------------

sharded_tally::shard* sharded_tally::find_shard() noexcept {
    return static_cast<shard*>(find_or_adopt());
}

void sharded_tally::allocated_slow(std::size_t bytes, std::size_t alignment) noexcept {
    if (shard* mine = find_shard()) {
        return count_allocated(*mine, bytes, alignment);
    }
    const std::lock_guard lock{mutex_};
    count_allocated(shards_.back(), bytes, alignment);
}

void sharded_tally::deallocated_slow(std::size_t bytes) noexcept {
    if (shard* mine = find_shard()) {
        return count_deallocated(*mine, bytes);
    }
    const std::lock_guard lock{mutex_};
    count_deallocated(shards_.back(), bytes);
}

void sharded_tally::failed() noexcept {
    if (shard* mine = find_shard()) {
        mine->failures.add(1);
        return;
    }
    const std::lock_guard lock{mutex_};
    shards_.back().failures.add(1);
}

// Adds to the common sum what the shard has live more than when it last did.
void sharded_tally::tell(shard& in) noexcept {
    const auto add = [](std::atomic<std::int64_t>& sum, std::atomic<std::int64_t>& peak,
                        number& told, number& most, std::int64_t live) {
        const std::int64_t before =
            sum.fetch_add(live - told.load(), std::memory_order_relaxed);
        raise(peak, before - told.load() + most.load());
        raise(peak, before - told.load() + live);
        told.store(live);
        most.store(live);
    };
    add(live_bytes_, peak_bytes_, in.told_bytes, in.most_bytes,
        in.allocated_bytes.load() - in.deallocated_bytes.load());
    add(live_blocks_, peak_blocks_, in.told_blocks, in.most_blocks,
        in.allocations.load() - in.deallocations.load());
}

allocation_stats sharded_tally::snapshot() const noexcept {
    allocation_stats now;
    std::int64_t peak_bytes = live_bytes_.load(std::memory_order_relaxed);
    std::int64_t peak_blocks = live_blocks_.load(std::memory_order_relaxed);
    for (const shard& each : shards_) {
        now.allocated_bytes += each.allocated_bytes.load();
        now.deallocated_bytes += each.deallocated_bytes.load();
        now.allocations += each.allocations.load();
        now.deallocations += each.deallocations.load();
        now.failures += each.failures.load();
        peak_bytes += std::max<std::int64_t>(each.most_bytes.load() - each.told_bytes.load(), 0);
        peak_blocks += std::max<std::int64_t>(each.most_blocks.load() - each.told_blocks.load(), 0);
        for (std::size_t i = 0; i != now.sizes.size(); ++i) {
            now.sizes[i] += each.sizes[i].load();
            now.alignments[i] += each.alignments[i].load();
        }
    }
    now.live_bytes = now.allocated_bytes - now.deallocated_bytes;
    now.live_blocks = now.allocations - now.deallocations;
    raise(peak_bytes_, peak_bytes);
    raise(peak_blocks_, peak_blocks);
    now.peak_bytes = peak_bytes_.load(std::memory_order_relaxed);
    now.peak_blocks = peak_blocks_.load(std::memory_order_relaxed);
    return now;
}

}  // namespace strata::detail
