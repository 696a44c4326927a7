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
    : thread_caches{[](thread_caches& self, thread_cache& cache) noexcept {
                        auto& tally = static_cast<sharded_tally&>(self);
                        if (&cache == &tally.first_) {
                            tally.first_thread_.store(no_thread, std::memory_order_relaxed);
                        }
                    },
                    after_fork::adopt} {
    add_idle(first_);
}

sharded_tally::~sharded_tally() {
    forget_all();
    const shield here;
    for (group* each = groups_.load(std::memory_order_relaxed); each != nullptr;) {
        (void)munmap(std::exchange(each, each->next), sizeof(group));
    }
}

template <class Work>
void sharded_tally::for_each_shard(Work work) const noexcept {
    work(first_);
    work(common_);
    for (const group* each = groups_.load(std::memory_order_acquire); each != nullptr;
         each = each->next) {
        for (const shard& in : each->shards) {
            work(in);
        }
    }
}

// --- counting ---------------------------------------------------------------------------------

// Null if the thread has no record, or the system has no memory.
sharded_tally::shard* sharded_tally::find_shard() noexcept {
    for (;;) {
        const group* const newest = groups_.load(std::memory_order_acquire);
        thread_cache* const mine = find_or_adopt();
        if (mine == &first_) {
            first_thread_.store(number_of_this_thread(), std::memory_order_relaxed);
        }
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
    if (groups_.load(std::memory_order_relaxed) != newest) {
        (void)munmap(memory, sizeof(group));
        return true;
    }
    for (shard& each : made->shards) {
        add_idle(each);
    }
    made->next = groups_.load(std::memory_order_relaxed);
    groups_.store(made, std::memory_order_release);
    return true;
}

template <class Count>
void sharded_tally::count_slow(Count count) noexcept {
    const auto count_and_look = [&](shard& in) {
        if (count(in)) {
            look_at(in);
        }
    };
    if (shard* mine = find_shard()) {
        return count_and_look(*mine);
    }
    const std::lock_guard lock{mutex_};
    count_and_look(common_);
}

void sharded_tally::allocated(std::size_t bytes, std::size_t alignment) noexcept {
    count_slow([&](shard& in) { return count_allocated(in, bytes, alignment); });
}

void sharded_tally::deallocated(std::size_t bytes) noexcept {
    count_slow([&](shard& in) {
        in.bytes.note_most();
        in.blocks.note_most();
        return count_deallocated(in, bytes);
    });
}

void sharded_tally::resized(std::int64_t by) noexcept {
    count_slow([&](shard& in) {
        if (by > 0) {
            return in.bytes.add(by);
        }
        in.bytes.note_most();
        return in.bytes.remove(-by);
    });
}

void sharded_tally::failed() noexcept {
    count_slow([](shard& in) {
        in.failures.add(1);
        return false;
    });
}

void sharded_tally::look() noexcept {
    if (shard* mine = find_shard()) {
        look_at(*mine);
    }
}

// A fork waits until this ends, or the child's sum would stay wrong.
void sharded_tally::look_at(shard& in) noexcept {
    const section here;
    in.bytes.look(step_bytes, live_bytes_, peak_bytes_);
    in.blocks.look(step_blocks, live_blocks_, peak_blocks_);
}

// Called before something is freed: right then what is live may be at a peak.
void sharded_tally::flow::note_most() noexcept {
    if (is_at_peak()) {
        may_go = may_come;
        most.store(std::max(most.load(), live()));
    }
}

// What is live comes from the totals: a fork may have left the other numbers behind in the middle
// of a call.
void sharded_tally::flow::look(std::int64_t step, std::atomic<std::int64_t>& sum,
                               std::atomic<std::int64_t>& peak) noexcept {
    note_most();
    const std::int64_t now = live();
    std::int64_t moved = now - told.load();
    std::int64_t below_most = std::max<std::int64_t>(may_come - may_go, 0);
    if (std::abs(moved) > step / 2) {
        const std::int64_t before = sum.fetch_add(moved, std::memory_order_relaxed);
        raise(peak, before + std::max(most.load() - told.load(), moved));
        most.store(now);
        told.store(now);
        moved = below_most = 0;
    }
    may_come = step - std::abs(moved);
    // The most is in `most` already; to note it again costs less than to look often.
    may_go = below_most <= may_come / 2 ? may_come - below_most : may_come;
}

// Reads frees before allocations, so that live counts are not below 0.
sharded_tally::totals sharded_tally::count_up() const noexcept {
    totals sum{};
    for_each_shard([&](const shard& each) {
        sum.deallocated_bytes += each.bytes.gone.load();
        sum.deallocations += each.blocks.gone.load();
    });
    for_each_shard([&](const shard& each) {
        sum.allocated_bytes += each.bytes.come.load();
        const std::int64_t allocations = each.blocks.come.load();
        sum.allocations += allocations;
        sum.shards += allocations != 0 || each.blocks.gone.load() != 0 ? 1 : 0;
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
    std::int64_t unusual = 0;
    for_each_shard([&](const shard& each) {
        // At most a step each; more would be a shard that is telling just now.
        const auto above = [](const flow& of, std::int64_t step) {
            const std::int64_t most = std::max(of.most.load(), of.live());
            return std::clamp<std::int64_t>(most - of.told.load(), 0, step);
        };
        bytes_above += above(each.bytes, step_bytes);
        blocks_above += above(each.blocks, step_blocks);
        now.failures += each.failures.load();
        for (std::size_t i = 0; i != now.sizes.size(); ++i) {
            now.sizes[i] += each.sizes[i].load();
            now.alignments[i] += each.alignments[i].load();
            unusual += each.alignments[i].load();
        }
    });
    now.sizes.front() += std::exchange(now.sizes.back(), 0);
    const totals last = count_up();
    const std::int64_t bytes_after = live_bytes_.load();
    const std::int64_t blocks_after = live_blocks_.load();
    now.allocations = last.allocations;
    now.alignments[allocation_stats::alignment_entry(usual_alignment)] =
        last.allocations - unusual;
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
