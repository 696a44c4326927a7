// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/adaptors/detail/sharded_tally.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
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
    count_slow([&](shard& in) {
        count_allocated(in, bytes, alignment);
        change_live(in, static_cast<std::int64_t>(bytes), 1);
    });
}

void sharded_tally::deallocated(std::size_t bytes) noexcept {
    count_slow([&](shard& in) {
        count_deallocated(in, bytes);
        change_live(in, -static_cast<std::int64_t>(bytes), -1);
    });
}

void sharded_tally::resized(std::int64_t by) noexcept {
    count_slow([&](shard& in) {
        (by > 0 ? in.allocated_bytes : in.deallocated_bytes).add(by > 0 ? by : -by);
        change_live(in, by, 0);
    });
}

void sharded_tally::failed() noexcept {
    count_slow([](shard& in) { in.failures.add(1); });
}

void sharded_tally::change_live(shard& in, std::int64_t by_bytes,
                                std::int64_t by_blocks) noexcept {
    note_most(in.bytes);
    note_most(in.blocks);
    in.bytes.untold += by_bytes;
    in.blocks.untold += by_blocks;
    if (std::abs(in.bytes.untold) > step_bytes || std::abs(in.blocks.untold) > step_blocks) {
        tell(in);
    }
}

// Adds to the common sum by how much what the shard has live has changed. That comes from the
// totals: a fork may have left `untold` behind in the middle of a call. A fork waits until this
// ends, or the child's sum would stay wrong.
void sharded_tally::tell(shard& in) noexcept {
    const section here;
    const auto add = [](std::atomic<std::int64_t>& sum, std::atomic<std::int64_t>& peak,
                        live_count& of, std::int64_t live) {
        const std::int64_t change = live - of.told.load();
        const std::int64_t before = sum.fetch_add(change, std::memory_order_relaxed);
        raise(peak, before + std::max(of.most_untold, change));
        of.untold = of.most_untold = 0;
        of.most.store(live);
        of.told.store(live);
    };
    add(live_bytes_, peak_bytes_, in.bytes, live_bytes_of(in));
    add(live_blocks_, peak_blocks_, in.blocks, live_blocks_of(in));
}

std::int64_t sharded_tally::live_bytes_of(const shard& in) noexcept {
    const std::int64_t deallocated = in.deallocated_bytes.load();
    return in.allocated_bytes.load() - deallocated;
}

std::int64_t sharded_tally::live_blocks_of(const shard& in) noexcept {
    const std::int64_t deallocations = in.deallocations.load();
    return allocations_of(in) - deallocations;
}

std::int64_t sharded_tally::allocations_of(const shard& in) noexcept {
    std::int64_t sum = 0;
    for (const number& of_size : in.sizes) {
        sum += of_size.load();
    }
    return sum;
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
        const std::int64_t allocations = allocations_of(each);
        sum.allocations += allocations;
        sum.shards += allocations != 0 || each.deallocations.load() != 0 ? 1 : 0;
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
        // At most a step each; more would be a shard that is telling just now.
        const auto above = [](const live_count& of, std::int64_t live, std::int64_t step) {
            const std::int64_t most = std::max(of.most.load(), live);
            return std::clamp<std::int64_t>(most - of.told.load(), 0, step);
        };
        bytes_above += above(each.bytes, live_bytes_of(each), step_bytes);
        blocks_above += above(each.blocks, live_blocks_of(each), step_blocks);
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
