// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <strata/strategies/concurrent_pool_resource.hpp>

#include <mutex>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/detail/cache_line.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/caught.hpp>
#include <strata/sources/heap_resource.hpp>

#include "detail/shield.hpp"

// How a concurrent pool takes memory from its upstream and cuts it into runs of fresh blocks, and
// how it returns whole chunks at `trim` and `release`.

namespace strata {

using detail::bin;
using detail::piece;
using detail::thread_cache;

bool concurrent_pool_resource::serves_threads(const std::pmr::memory_resource& upstream) noexcept {
    return &upstream == std::pmr::new_delete_resource() ||
           detail::part_of<heap_resource>(upstream) != nullptr;
}

// --- runs -------------------------------------------------------------------------------------

detail::run concurrent_pool_resource::take_run(thread_cache* mine, std::size_t size,
                                               std::size_t most_blocks) {
    detail::run fresh{};
    if (cut_run(mine, size, most_blocks, fresh)) {
        return fresh;
    }
    const std::lock_guard turn{upstream_mutex_};
    // The thread whose turn it was before may have taken a chunk.
    if (cut_run(mine, size, most_blocks, fresh)) {
        return fresh;
    }
    layout wanted;
    void* memory = try_learnt_chunk(size, wanted);
    if (memory == nullptr) [[likely]] {
        {
            const std::lock_guard lock{chunks_mutex_};
            wanted = chunks_.next_for(size);
        }
        large_.make_room_for([&] {
            // Only the turn is held and no lock, so that a callback of the upstream may use the
            // pool.
            const detail::foreign_call to_upstream;
            memory = detail::allocate_from(*chunks_.upstream(), wanted.size, wanted.alignment);
        });
    }
    const std::lock_guard lock{chunks_mutex_};
    const piece rest = chunks_.add(memory, wanted);
    (void)cut_run_locked(mine, size, most_blocks, fresh);
    if (mine != nullptr) {
        donate(mine, rest);
    }
    return fresh;
}

// The memory of a first chunk of the size that was learnt. Null if the next chunk is no such, or if
// the upstream has no memory for it; the next one is then as without a profile. Only the turn may
// be held.
void* concurrent_pool_resource::try_learnt_chunk(std::size_t size, layout& wanted) {
    if (!chunks_.learnt()) [[likely]] {
        return nullptr;
    }
    {
        const std::lock_guard lock{chunks_mutex_};
        if (!chunks_.is_next_learnt()) {
            return nullptr;
        }
        wanted = chunks_.next_for(size);
    }
    void* const memory = detail::null_if_no_memory([&] {
        const detail::foreign_call to_upstream;
        return detail::allocate_from(*chunks_.upstream(), wanted.size, wanted.alignment);
    });
    if (memory == nullptr) {
        const std::lock_guard lock{chunks_mutex_};
        chunks_.forget_learnt();
    }
    return memory;
}

bool concurrent_pool_resource::cut_run(thread_cache* mine, std::size_t size,
                                       std::size_t most_blocks, detail::run& fresh) noexcept {
    const std::lock_guard lock{chunks_mutex_};
    return cut_run_locked(mine, size, most_blocks, fresh);
}

bool concurrent_pool_resource::cut_run_locked(thread_cache* mine, std::size_t size,
                                              std::size_t most_blocks,
                                              detail::run& fresh) noexcept {
    piece gap{};
    if (!chunks_.cut(size, most_blocks, fresh, gap)) {
        return false;
    }
    chunks_.use(fresh.in, fresh.blocks * size);
    if (mine != nullptr) {
        donate(mine, gap);
    }
    return true;
}

// Gives the rest of a chunk to the largest class of the thread that can use it. The rest begins at
// a cache line that no other thread uses.
void concurrent_pool_resource::donate(thread_cache* mine, const piece& rest) noexcept {
    const piece whole{detail::round_up(rest.begin, detail::cache_line), rest.end, rest.in};
    if (whole.begin >= whole.end) {
        return;
    }
    bin* bins = bins_of(mine);
    const std::size_t index = chunks_.class_for(
        whole, class_count(), [&](std::size_t each) { return bins[each].fresh_bytes == 0; });
    if (index != 0) {
        const std::size_t bytes = whole.bytes() / block_size(index) * block_size(index);
        bins[index].fresh = whole.begin;
        bins[index].fresh_bytes = static_cast<std::uint32_t>(bytes);
        chunks_.use(whole.in, bytes);
    }
}

// --- release and trim -------------------------------------------------------------------------

void concurrent_pool_resource::release() noexcept {
    forget_all();
    const std::lock_guard turn{upstream_mutex_};
    detail::chunk* removed = nullptr;
    {
        const std::lock_guard lock{chunks_mutex_};
        shared_.clear();
        removed = chunks_.remove_all();
    }
    large_.release();
    const detail::foreign_call to_upstream;
    (void)chunks_.give_back(removed);
}

std::size_t concurrent_pool_resource::trim() noexcept {
    const detail::guarded_call here{guard_, *this};
    thread_cache* const mine = find_or_adopt();
    if (mine != nullptr) {
        give_up(*mine);
    }
    const std::size_t kept = large_.give_back_kept();
    const std::lock_guard turn{upstream_mutex_};
    detail::chunk* const removed = remove_free_chunks(mine);
    const detail::foreign_call to_upstream;
    return kept + chunks_.give_back(removed);
}

detail::chunk* concurrent_pool_resource::remove_free_chunks(thread_cache* mine) noexcept {
    const written_block found{*this};
    const std::lock_guard classes{shared_};
    const std::lock_guard lock{chunks_mutex_};
    hold_idle();
    const auto for_each_bin = [&](auto work) {
        const auto in = [&](thread_cache* cache) {
            for (bin& each : all_bins_of(cache)) {
                work(each);
            }
        };
        if (mine != nullptr) {
            in(mine);
        }
        for (thread_cache* idle = next_held(nullptr); idle != nullptr; idle = next_held(idle)) {
            in(idle);
        }
    };
    chunks_.start_trim();
    for (std::size_t index = 0; index != class_count(); ++index) {
        shared_.count_free(index, chunks_, found);
    }
    for_each_bin([&](const bin& each) {
        if (each.fresh_bytes != 0) {
            chunks_.count_free(each.fresh, each.fresh_bytes);
        }
    });
    for_each_bin([&](bin& each) {
        if (each.fresh_bytes != 0 && chunks_.is_free(each.fresh)) {
            each.fresh = nullptr;
            each.fresh_bytes = 0;
        }
    });
    for (std::size_t index = 0; index != class_count(); ++index) {
        shared_.drop_free(index, chunks_);
    }
    let_go();
    return chunks_.remove_free();
}

}  // namespace strata
