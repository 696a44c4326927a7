// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/concurrent_pool_resource.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include <strata/detail/cache_line.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/diagnostics/poison.hpp>

#include "detail/shield.hpp"
#include "strategies/coded_path.hpp"

namespace strata {

using detail::bin;
using detail::free_list;
using detail::thread_cache;

namespace {

constexpr std::size_t first_run_bytes = 16384;
constexpr std::size_t first_run_blocks = 8;
constexpr std::size_t longest_shared_run = 65536;

// How many blocks of a class a thread takes first. A table, because a quotient for each class would
// take longer than all the rest of a cache.
constexpr auto first_runs = [] {
    std::array<std::uint8_t, detail::size_class_count> blocks{};
    for (std::size_t index = 0; index != blocks.size(); ++index) {
        const std::size_t size = detail::shared_free_blocks::block_size(index);
        blocks[index] = static_cast<std::uint8_t>(
            std::clamp<std::size_t>(first_run_bytes / size, 1, first_run_blocks));
    }
    return blocks;
}();

}  // namespace

detail::thread_bins::thread_bins() noexcept
    : thread_caches{[](thread_caches& self, thread_cache& cache) noexcept {
                        auto& pool = static_cast<thread_bins&>(self);
                        static_cast<concurrent_pool_resource&>(pool).give_up(cache);
                    },
                    after_fork::forget} {}

concurrent_pool_resource::~concurrent_pool_resource() {
    release();
}

// --- allocate ---------------------------------------------------------------------------------

[[gnu::noinline]] void* concurrent_pool_resource::allocate_slow(std::size_t bytes,
                                                                std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    const bool is_quick = reach < coded_limit_ && detail::is_alignment_if_checked(alignment);
    if (bin_in_cache* const from = find_bin_if(is_quick, reach)) {
        if (void* block = pop_coded(from->at.free)) [[likely]] {
            ++from->at.room;
            return block;
        }
    }
    return allocate_otherwise(bytes, alignment);
}

// Not inlined: that would add instructions to the quick path before it.
[[gnu::noinline]] void* concurrent_pool_resource::allocate_otherwise(std::size_t bytes,
                                                                     std::size_t alignment) {
    return guard_.allocate(*this, {bytes, alignment},
                           [&](std::size_t size) { return take_block(size, alignment); });
}

void* concurrent_pool_resource::take_block(std::size_t bytes, std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return large_.allocate(bytes, alignment);
    }
    const std::size_t index = detail::size_class_of(reach);
    thread_cache* mine = find();
    if (mine == nullptr && (mine = find_or_make_cache()) == nullptr) {
        return take_without_cache(index);
    }
    bin& from = bins_of(mine)[index];
    if (from.free.empty() && !from.batch.empty()) {
        from.free = std::exchange(from.batch, {});
        from.room = 0;
    }
    if (!from.free.empty() || (from.fresh_bytes == 0 && shared_.take(index, from.free, from.room) &&
                               !from.free.empty())) {
        ++from.room;
        return take_free(from.free);
    }
    const std::size_t size = block_size(index);
    if (from.fresh_bytes == 0) {
        const detail::run fresh = take_run(mine, size, from.next_run);
        if (from.fresh_bytes != 0) {
            // A callback of the upstream has used the pool, and the class got a run meanwhile. That
            // run goes to the other threads.
            share_fresh(index, from);
        }
        from.fresh = fresh.begin;
        from.fresh_bytes = static_cast<std::uint32_t>(fresh.blocks * size);
        // Runs grow, so that a thread that needs many blocks rarely takes a lock.
        if (from.next_run * 2 * size <= longest_shared_run) {
            from.next_run = static_cast<std::uint16_t>(from.next_run * 2);
        }
    }
    from.fresh_bytes -= static_cast<std::uint32_t>(size);
    return std::exchange(from.fresh, from.fresh + size);
}

// For a thread that is ending, or has no memory for a cache.
void* concurrent_pool_resource::take_without_cache(std::size_t index) {
    bin shared{};
    if (shared_.take(index, shared.free, shared.room)) {
        void* block = take_free(shared.free);
        shared_.add(index, shared.free);
        return block;
    }
    return take_run(nullptr, block_size(index), 1).begin;
}

// --- caches -----------------------------------------------------------------------------------

thread_cache* concurrent_pool_resource::make_cache() {
    if (!detail::has_or_takes_record()) {
        return nullptr;
    }
    {
        // Under this lock no thread trims, and so no thread holds the idle caches.
        const std::lock_guard lock{chunks_mutex_};
        if (thread_cache* idle = find_or_adopt()) {
            return idle;
        }
    }
    const std::size_t bytes = sizeof(thread_cache) + class_count() * sizeof(bin);
    void* memory = take_run(nullptr, detail::round_up(bytes, detail::cache_line), 1).begin;
    detail::unpoison(memory, bytes);
    auto* made = ::new (memory) thread_cache{};
    for (std::size_t index = 0; index != class_count(); ++index) {
        ::new (bins_of(made) + index)
            bin{.free = {},
                .room = detail::shared_free_blocks::blocks_in_batch(index),
                .next_run = first_runs[index],
                .fresh_bytes = 0,
                .fresh = nullptr,
                .batch = {}};
    }
    return add(*made);
}

thread_cache* concurrent_pool_resource::find_or_make_cache() noexcept {
    if (thread_cache* const mine = find_or_adopt()) {
        return mine;
    }
    const detail::shield here;
    try {
        const detail::attempt now;
        return make_cache();
    } catch (...) {
        return nullptr;  // the thread goes on without a cache
    }
}

void concurrent_pool_resource::give_up(thread_cache& cache) noexcept {
    const detail::among_poison here{guard_.is_watching()};
    const std::span<bin> bins = all_bins_of(&cache);
    for (std::size_t index = 0; index != bins.size(); ++index) {
        bin& each = bins[index];
        if (!each.batch.empty()) {
            shared_.add_batch(index, std::exchange(each.batch, {}));
        }
        if (!each.free.empty()) {
            shared_.add(index, std::exchange(each.free, {}));
            each.room = detail::shared_free_blocks::blocks_in_batch(index);
        }
        share_fresh(index, each);
    }
}

// Makes free blocks of the rest of a run, for the other threads.
void concurrent_pool_resource::share_fresh(std::size_t index, bin& from) noexcept {
    const std::size_t size = block_size(index);
    free_list blocks{};
    for (; from.fresh_bytes != 0; from.fresh_bytes -= static_cast<std::uint32_t>(size)) {
        put_free(blocks, std::exchange(from.fresh, from.fresh + size));
    }
    shared_.add(index, blocks);
}

// --- deallocate -------------------------------------------------------------------------------

[[gnu::noinline]] void concurrent_pool_resource::deallocate_slow(void* block, std::size_t bytes,
                                                                 std::size_t alignment) {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    bin_in_cache* const to = find_bin_if(reach < coded_limit_, reach);
    std::uint16_t room = 0;
    if (to == nullptr || block == nullptr || block == to->at.free.first ||
        !detail::may_hold_if_checked(chunks_, block) ||
        __builtin_sub_overflow(to->at.room, 1U, &room)) [[unlikely]] {
        return deallocate_otherwise(block, bytes, alignment);
    }
    to->at.room = room;
    push_coded(to->at.free, block);
}

[[gnu::noinline]] void concurrent_pool_resource::deallocate_otherwise(void* block,
                                                                      std::size_t bytes,
                                                                      std::size_t alignment) {
    const layout as{bytes, alignment};
    guard_.deallocate(
        *this, block, as, [&] { return objection_to(block, as); },
        [&](std::size_t size) { put_block(block, size, alignment); });
}

void concurrent_pool_resource::put_block(void* block, std::size_t bytes,
                                         std::size_t alignment) noexcept {
    const std::size_t reach = detail::reach_of(bytes, alignment);
    if (reach >= limit_) {
        return put_large(block, {bytes, alignment});
    }
    const std::size_t index = detail::size_class_of(reach);
    thread_cache* mine = find();
    if (mine == nullptr && (mine = find_or_make_cache()) == nullptr) {
        free_list alone{};
        put_free(alone, block);
        return shared_.add(index, alone);
    }
    bin& to = bins_of(mine)[index];
    if (is_freed_twice(to.free, block)) {
        return;
    }
    if (to.room == 0) {
        if (!to.batch.empty()) {
            shared_.add_batch(index, to.batch);
        }
        to.batch = std::exchange(to.free, {});
        to.room = detail::shared_free_blocks::blocks_in_batch(index);
    }
    --to.room;
    put_free(to.free, block);
}

ownership concurrent_pool_resource::do_owns(const void* block) const noexcept {
    {
        const std::lock_guard lock{chunks_mutex_};
        if (chunks_.holds(block)) {
            return ownership::yes;
        }
    }
    return large_.hold(block) ? ownership::yes : ownership::no;
}

usage concurrent_pool_resource::do_usage() const noexcept {
    const std::size_t large = large_.bytes();
    const std::lock_guard lock{chunks_mutex_};
    strata::usage known;
    known.reserved_bytes = chunks_.bytes() + large;
    return known;
}

}  // namespace strata
