// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/sharded_tally.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include "detail/shield.hpp"

namespace strata::detail {

namespace {

// Raises the peak to `least` if it is lower; returns the peak.
std::int64_t raise(std::atomic<std::int64_t>& peak, std::int64_t least) noexcept {
    std::int64_t seen = peak.load(std::memory_order_relaxed);
    while (seen < least && !peak.compare_exchange_weak(seen, least, std::memory_order_relaxed)) {
    }
    return std::max(seen, least);
}

// Moves `live` into the range that the common sum allows.
std::int64_t within(std::int64_t live, std::int64_t told_before, std::int64_t told_after,
                    std::int64_t most_off) noexcept {
    const auto [least, most] = std::minmax(told_before, told_after);
    return std::clamp(live, std::max<std::int64_t>(least - most_off, 0),
                      std::max<std::int64_t>(most + most_off, 0));
}

}  // namespace

// The counts of an ended thread stay, also of a thread that a fork left behind: a later thread adds
// to them. Each number is consistent at any time.
sharded_tally::sharded_tally() noexcept
    : thread_caches{[](thread_caches& /*self*/, thread_cache& /*cache*/) noexcept {},
                    after_fork::adopt} {
    for (std::size_t i = 0; i + 1 != shards_in_group; ++i) {
        add_idle(shards_.shards[i]);
    }
}

sharded_tally::~sharded_tally() {
    forget_all();
    const shield here;
    for (group* each = shards_.next.load(std::memory_order_relaxed); each != nullptr;) {
        (void)munmap(std::exchange(each, each->next.load(std::memory_order_relaxed)),
                     sizeof(group));
    }
}

template <class Work>
void sharded_tally::for_each_shard(Work work) const noexcept {
    for (const group* each = &shards_; each != nullptr;
         each = each->next.load(std::memory_order_acquire)) {
        for (const shard& in : each->shards) {
            work(in);
        }
    }
}

// --- counting ---------------------------------------------------------------------------------

// Null if the thread has no record, or the system has no memory.
sharded_tally::shard* sharded_tally::find_shard() noexcept {
    for (;;) {
        const group* const newest = shards_.next.load(std::memory_order_acquire);
        thread_cache* const mine = find_or_adopt();
        if (mine != nullptr || !has_or_takes_record() || !add_group(newest)) {
            return static_cast<shard*>(mine);
        }
        // Other threads may have taken the new shards.
    }
}

// Not from the heap, whose calls may be counted here. Adds no group if another thread has added one
// after `newest`. A fork waits until all shards of the group may be adopted.
bool sharded_tally::add_group(const group* newest) noexcept {
    const shield here;
    void* const memory =
        mmap(nullptr, sizeof(group), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    auto* const made = ::new (memory) group{};
    const std::lock_guard lock{mutex_};
    if (shards_.next.load(std::memory_order_relaxed) != newest) {
        (void)munmap(memory, sizeof(group));
        return true;
    }
    for (shard& each : made->shards) {
        add_idle(each);
    }
    made->next.store(shards_.next.load(std::memory_order_relaxed), std::memory_order_relaxed);
    shards_.next.store(made, std::memory_order_release);
    return true;
}

template <class Count>
void sharded_tally::count_slow(Count count) noexcept {
    if (shard* mine = find_shard()) {
        return count(*mine);
    }
    const std::lock_guard lock{mutex_};
    count(shards_.shards.back());
}

void sharded_tally::allocated(std::size_t bytes, std::size_t alignment) noexcept {
    count_slow([&](shard& in) { count_allocated(in, bytes, alignment); });
}

void sharded_tally::deallocated(std::size_t bytes) noexcept {
    count_slow([&](shard& in) { count_deallocated(in, bytes); });
}

void sharded_tally::count_resized(shard& in, std::int64_t by) noexcept {
    if (by > 0) {
        in.allocated_bytes.add(by);
    } else {
        in.deallocated_bytes.add(-by);
    }
    const std::int64_t live = in.allocated_bytes.load() - in.deallocated_bytes.load();
    if (live > in.most_bytes.load()) {
        in.most_bytes.store(live);
    }
    if (const std::int64_t untold = live - in.told_bytes.load();
        untold > step_bytes || -untold > step_bytes) {
        tell(in);
    }
}

void sharded_tally::resized(std::int64_t by) noexcept {
    count_slow([&](shard& in) { count_resized(in, by); });
}

void sharded_tally::failed() noexcept {
    count_slow([](shard& in) { in.failures.add(1); });
}

// Adds the changes of the shard's live counts to the common sum. A fork waits until this ends, or
// the child's sum would stay wrong.
void sharded_tally::tell(shard& in) noexcept {
    const section here;
    const auto add = [](std::atomic<std::int64_t>& sum, std::atomic<std::int64_t>& peak,
                        number& told, number& most, std::int64_t live) {
        const std::int64_t before = sum.fetch_add(live - told.load(), std::memory_order_relaxed);
        raise(peak, before - told.load() + std::max(most.load(), live));
        most.store(live);
        told.store(live);
    };
    add(live_bytes_, peak_bytes_, in.told_bytes, in.most_bytes,
        in.allocated_bytes.load() - in.deallocated_bytes.load());
    add(live_blocks_, peak_blocks_, in.told_blocks, in.most_blocks,
        in.allocations.load() - in.deallocations.load());
}

// Reads frees before allocations, so that live counts are not below 0.
sharded_tally::totals sharded_tally::count_up() const noexcept {
    totals sum{};
    for_each_shard([&](const shard& each) {
        sum.deallocated_bytes += each.deallocated_bytes.load();
        sum.deallocations += each.deallocations.load();
    });
    for_each_shard([&](const shard& each) {
        sum.allocated_bytes += each.allocated_bytes.load();
        sum.allocations += each.allocations.load();
        sum.shards += each.allocations.load() != 0 || each.deallocations.load() != 0 ? 1 : 0;
    });
    return sum;
}

allocation_stats sharded_tally::snapshot() const noexcept {
    const std::int64_t bytes_before = live_bytes_.load();
    const std::int64_t blocks_before = live_blocks_.load();
    const totals first = count_up();

    allocation_stats now;
    std::int64_t bytes_above = 0;
    std::int64_t blocks_above = 0;
    for_each_shard([&](const shard& each) {
        // At most one step a shard: more would come from a shard that is in `tell` just now.
        bytes_above += std::clamp<std::int64_t>(each.most_bytes.load() - each.told_bytes.load(), 0,
                                                step_bytes);
        blocks_above += std::clamp<std::int64_t>(each.most_blocks.load() - each.told_blocks.load(),
                                                 0, step_blocks);
        now.failures += each.failures.load();
        for (std::size_t i = 0; i != now.sizes.size(); ++i) {
            now.sizes[i] += each.sizes[i].load();
            now.alignments[i] += each.alignments[i].load();
        }
    });

    const totals last = count_up();
    const std::int64_t bytes_after = live_bytes_.load();
    const std::int64_t blocks_after = live_blocks_.load();
    now.allocations = last.allocations;
    now.deallocations = last.deallocations;
    now.allocated_bytes = last.allocated_bytes;
    now.deallocated_bytes = last.deallocated_bytes;
    now.live_bytes = last.allocated_bytes - last.deallocated_bytes;
    now.live_blocks = last.allocations - last.deallocations;
    if (last != first) {
        now.live_bytes =
            within(now.live_bytes, bytes_before, bytes_after, last.shards * step_bytes);
        now.live_blocks =
            within(now.live_blocks, blocks_before, blocks_after, last.shards * step_blocks);
    }
    now.peak_bytes = raise(peak_bytes_, std::max(bytes_after + bytes_above, now.live_bytes));
    now.peak_blocks = raise(peak_blocks_, std::max(blocks_after + blocks_above, now.live_blocks));
    return now;
}

}  // namespace strata::detail
