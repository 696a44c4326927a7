// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include "tool/advise/habits.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace strata::tool::advise {
namespace {

// Containers grow by factors between these. A block that just happens to be allocated before a
// smaller one is freed does so less often in a row.
constexpr double least_growth = 1.2;
constexpr double most_growth = 4.5;

constexpr std::uint64_t least_group = 4;
constexpr std::size_t most_sites_of_a_group = 16;
constexpr std::size_t most_kinds_of_groups = 10'000;

bool is_growth(std::uint64_t from, std::uint64_t to) {
    const auto factor =
        static_cast<double>(to) / static_cast<double>(std::max<std::uint64_t>(from, 1));
    return factor >= least_growth && factor <= most_growth;
}

}  // namespace

void habits::add(const trace::event& next) {
    switch (next.kind) {
        case trace::event_kind::allocate:
            return allocate(next);
        case trace::event_kind::deallocate:
        case trace::event_kind::missed:
            return deallocate(next);
        case trace::event_kind::reallocate:
            return reallocate(next);
        case trace::event_kind::release:
            return release(next.resource);
        default:
            return;
    }
}

void habits::finish() {
    for (auto& [number, each] : threads_) {
        end_of_frees(each);
    }
    blocks_.for_each([&](std::uint64_t, const live_block& each) {
        bury(each);
        site_habits& site = sites_[each.site];
        const auto part = static_cast<double>(each.born) /
                          static_cast<double>(std::max<std::uint64_t>(allocated_bytes_, 1));
        ++site.left[std::min(static_cast<std::size_t>(part * 4), std::size_t{3})];
        site.left_bytes += each.size;
    });
    blocks_.clear();
}

void habits::allocate(const trace::event& next) {
    thread_state& by = threads_[next.thread];
    end_of_frees(by);
    by.last = next.block;
    by.last_is_a_copy = false;
    blocks_.put(next.block, {.size = next.size,
                             .born = allocated_bytes_,
                             .ordinal = by.allocations++,
                             .copied = 0,
                             .copies = 0,
                             .reallocations = 0,
                             .thread = next.thread,
                             .site = next.site,
                             .resource = next.resource});
    site_habits& site = sites_[next.site];
    ++site.blocks;
    site.size.add(next.size);
    ++allocations_;
    allocated_bytes_ += next.size;
}

void habits::deallocate(const trace::event& next) {
    const std::optional<live_block> block = blocks_.take(next.block);
    if (!block || next.kind == trace::event_kind::missed) {
        return;
    }
    ++frees_;
    thread_state& by = threads_[next.thread];
    if (next.thread != block->thread) {
        ++sites_[block->site].freed_elsewhere;
        return bury(*block);
    }
    if (is_replaced(*block, by)) {
        return;
    }
    bury(*block);
    add(by.freed, *block);
}

// By the block that the thread allocated last, into which nothing else was copied.
bool habits::is_replaced(const live_block& old, thread_state& by) {
    live_block* const heir = blocks_.find(by.last);
    if (heir == nullptr || by.last_is_a_copy || heir->site != old.site ||
        heir->ordinal <= old.ordinal || !is_growth(old.size, heir->size)) {
        return false;
    }
    by.last_is_a_copy = true;
    heir->copies = old.copies + 1;
    heir->copied = old.copied + old.size;
    heir->reallocations = old.reallocations;
    return true;
}

void habits::reallocate(const trace::event& next) {
    live_block* const block = blocks_.find(next.block);
    if (block == nullptr) {
        return;
    }
    if (next.size > block->size) {
        allocated_bytes_ += next.size - block->size;
        ++block->reallocations;
    }
    block->size = next.size;
    block->site = next.site == 0 ? block->site : next.site;
    ++allocations_;
}

void habits::release(std::uint16_t resource) {
    std::vector<std::uint64_t> numbers;
    blocks_.for_each([&](std::uint64_t number, const live_block& each) {
        if (each.resource == resource) {
            numbers.push_back(number);
            bury(each);
        }
    });
    for (const std::uint64_t each : numbers) {
        (void)blocks_.take(each);
    }
}

void habits::bury(const live_block& block) {
    if (block.copies + block.reallocations != 0) {
        site_habits& site = sites_[block.site];
        ++site.grown;
        site.copies += block.copies;
        site.copied_bytes += block.copied;
        site.reallocations += block.reallocations;
        site.largest_grown = std::max(site.largest_grown, block.size);
    }
}

void habits::add(run_of_frees& to, const live_block& block) {
    to.first = to.blocks == 0 ? block.ordinal : std::min(to.first, block.ordinal);
    to.last = std::max(to.last, block.ordinal);
    ++to.blocks;
    to.bytes += block.size;
    if (to.sites.size() != most_sites_of_a_group &&
        std::ranges::find(to.sites, block.site) == to.sites.end()) {
        to.sites.push_back(block.site);
    }
}

// They are a group if they are at least half of what was allocated from the first of them to the
// last: the others were freed before.
void habits::end_of_frees(thread_state& of) {
    run_of_frees ended = std::exchange(of.freed, {});
    if (ended.blocks < least_group || 2 * ended.blocks < ended.last - ended.first + 1) {
        return;
    }
    std::ranges::sort(ended.sites);
    if (groups_.size() >= most_kinds_of_groups && !groups_.contains(ended.sites)) {
        return;
    }
    deaths_together& group = groups_[ended.sites];
    ++group.groups;
    group.blocks += ended.blocks;
    group.largest = std::max(group.largest, ended.bytes);
}

}  // namespace strata::tool::advise
