// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_DETAIL_THREAD_BINS_HPP
#define STRATA_STRATEGIES_DETAIL_THREAD_BINS_HPP

#include <cstddef>
#include <cstdint>

#include <strata/detail/cache_line.hpp>
#include <strata/strategies/detail/free_list.hpp>
#include <strata/strategies/detail/size_class.hpp>
#include <strata/threads/detail/thread_caches.hpp>

namespace strata::detail {

/// One thread's memory of a size class in a concurrent pool.
struct bin {
    free_list free;
    std::uint16_t room;         // how many more blocks `free` takes until it is a batch
    std::uint16_t next_run;     // how many fresh blocks to take next
    std::uint32_t fresh_bytes;  // memory from `fresh` on that was never handed out
    std::byte* fresh;
    free_list batch;  // empty or complete
};
static_assert(sizeof(bin) == 32, "found by a shift, on the way of every call");

/// The caches of the threads that use a concurrent pool. Behind each cache are its bins, one for
/// each size class. This object has its own cache line, since every call of every thread reads it.
class alignas(cache_line) thread_bins : protected thread_caches {
protected:
    thread_bins() noexcept;

    // A bin with the memory before it, so that one addition gives the address of a bin.
    struct bin_in_cache {
        thread_cache before;
        bin at;
    };

    static bin* bins_of(thread_cache* mine) noexcept { return reinterpret_cast<bin*>(mine + 1); }

    /// The calling thread's bin for a reach below `limit`; null if the thread has no cache yet. The
    /// limit is a reference, so that compilers read it where they compare it.
    [[nodiscard]] bin_in_cache* find_bin(std::size_t reach,
                                         const std::size_t& limit) const noexcept {
        const thread_record::entry& mine = entry();
        return reach < limit && is_mine(mine) ? bin_in(mine.cache, reach) : nullptr;
    }
    /// The same for callers that have compared the reach.
    [[nodiscard]] bin_in_cache* find_bin_if(bool is_below, std::size_t reach) const noexcept {
        if (!is_below) {
            return nullptr;
        }
        const thread_record::entry& mine = entry();
        return is_mine(mine) ? bin_in(mine.cache, reach) : nullptr;
    }

    /// The calling thread's bin at a distance; null if the thread has no cache yet.
    [[nodiscard]] bin_in_cache* find_bin_at(std::size_t offset) const noexcept {
        const thread_record::entry& mine = entry();
        return is_mine(mine) ? bin_at(mine.cache, offset) : nullptr;
    }
    /// The distance of a reach's bin from the first bin of a cache.
    [[nodiscard]] static std::size_t offset_of_bin(std::size_t reach) noexcept {
        return size_class_table[reach / 8] * sizeof(bin);
    }

private:
    [[nodiscard]] static bin_in_cache* bin_in(thread_cache* mine, std::size_t reach) noexcept {
        return bin_at(mine, offset_of_bin(reach));
    }
    [[nodiscard]] static bin_in_cache* bin_at(thread_cache* mine, std::size_t offset) noexcept {
        auto* const found =
            reinterpret_cast<bin_in_cache*>(reinterpret_cast<std::byte*>(mine) + offset);
        if (found == nullptr) {
            __builtin_unreachable();  // so that only callers test for null
        }
        return found;
    }
};

}  // namespace strata::detail

#endif
