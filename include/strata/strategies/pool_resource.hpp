// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_POOL_RESOURCE_HPP
#define STRATA_STRATEGIES_POOL_RESOURCE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <strata/core/resource.hpp>
#include <strata/strategies/detail/described_pool.hpp>
#include <strata/strategies/detail/unrolled_free_list.hpp>

namespace strata {

class pool_resource;

/// Describes a `pool_resource`. All sizes are in bytes.
struct pool {
    /// Larger blocks go to the upstream one by one, and back when freed. Rounded up to a size
    /// class, at most 4 MiB.
    std::size_t largest_block = std::size_t{1} << 20;
    /// The most blocks in a chunk, of the size that the chunk is taken for.
    std::size_t max_blocks_per_chunk = std::size_t{1} << 20;
    /// The size of the first chunk. Chunks grow with the pool. `auto_size`: what most earlier pools
    /// of this name needed, by the `profile`, up to `largest_chunk`.
    std::size_t first_chunk = 1024;
    /// The size of the largest chunk, unless a single block needs more.
    std::size_t largest_chunk = std::size_t{1} << 20;
    /// Whether the links of free blocks are coded and checked, as they always are in checked
    /// builds. That finds a write to a free block when the block is served again, and the free of a
    /// block that was freed just before. A call takes twice the instructions.
    bool hardened = false;
    /// The file of the `size_profile` for `auto_size`. Empty: the process's own, in memory.
    std::string_view profile = {};
    label name = {};

    template <class Upstream>
    using resource_type = pool_resource;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "pool";

    template <class Self = pool>
    static constexpr auto option_table() { return detail::options_of_pools<Self>(); }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const {
        return detail::contradiction_of_chunks(*this);
    }

    friend constexpr bool operator==(const pool&, const pool&) = default;
};

/// Serves blocks from lists of free blocks, one list a size class, and keeps freed blocks for later
/// requests. A drop-in for `std::pmr::unsynchronized_pool_resource`.
///
///     strata::pool_resource nodes;                        // or {strata::pool{...}, &upstream}
///     std::pmr::map<int, std::pmr::string> index{&nodes};
///     nodes.trim();                                       // returns free chunks to the upstream
///
/// Routing: first from the free blocks of the size class, the newest first; then from fresh memory
/// of a chunk, which is not touched before it is handed out; then from a new chunk. A new chunk is
/// twice as large as all chunks together, but at most 64 KiB or a sixteenth of them, whichever is
/// more. A large block, above 16 KiB in size or alignment, comes from the upstream one by one. The
/// pool keeps freed large blocks of at most `largest_block` bytes and an alignment of at most 16. A
/// kept block serves a later request of its size class, or of a class up to a third smaller. Other
/// large blocks go back at once.
/// `try_expand` resizes a block within its size class, and a large block as the upstream does.
/// Lifetime: memory returns to the upstream at `trim`, `release` and destruction. Kept large blocks
/// also return if the upstream has no memory, or if they exceed a bound: 1 MiB plus an eighth of
/// the peak of the live large blocks. `release` also gives up live blocks. The upstream must
/// outlive the pool. With `auto_size`, the end of a pool that took a chunk tells the profile how
/// large one chunk in place of all would have been. A pool that never ends, as in
/// `STRATA_GLOBAL_RESOURCE`, tells it nothing.
/// Overhead: no header a block; up to 7 bytes a block of at most 128 bytes and less than 12.5 %
/// above; 40 bytes a chunk; 32 bytes a large block; 6.4 KiB for the object itself. A chunk for
/// blocks of some KiB is aligned like those blocks, to the lowest bit of their size. With
/// `auto_size`, some 100 bytes of operator new.
/// Complexity: O(1) for both calls, large blocks included, plus a call of the upstream for each
/// chunk. `trim` O(n log n) in the free blocks and chunks, `release` and `owns` O(chunks + large
/// blocks), `usage` O(free blocks). Thousands of free blocks of one size are kept unrolled: taking
/// one does not wait for a load of that block, in whatever order they were freed. With `auto_size`,
/// constructor and destructor also look up the name, O(log names), under locks that all such
/// resources of the process share.
/// Errors: exceptions of the upstream pass through and change nothing; over a small buffer, choose
/// `first_chunk` and `largest_chunk` to fit it. `std::bad_alloc` for impossible sizes. If the
/// upstream has no memory for the chunk that was learnt, the pool takes one of the usual size. A
/// profile that cannot be read throws as `size_profile`. `deallocate` never requests memory.
/// Misuses in checked builds: two threads inside at once, an alignment that is not a power of two,
/// and the free of a pointer that is in no chunk. Misuses in checked builds and with `hardened`:
/// the free of the block that was freed last, and a write to a free block.
/// Threads: one at a time.
class pool_resource : public detail::described_pool<pool_resource, pool> {
public:
    using described_pool::described_pool;
    // Not defaulted: `pool_resource{}` would then clear the whole object first.
    pool_resource() {}  // NOLINT(modernize-use-equals-default)
    ~pool_resource() override;

    /// Returns all memory to the upstream, live blocks included.
    void release() noexcept;
    /// Gives chunks without live blocks back to the upstream; returns how many bytes.
    std::size_t trim() noexcept;

    /// Takes a free block of the size class without a function call; null if that is not possible.
    [[nodiscard]] void* try_allocate_quickly(std::size_t bytes, std::size_t alignment) noexcept {
        const std::size_t reach = detail::reach_of(bytes, alignment);
        if (reach < quick_limit_) [[likely]] {
            detail::free_list& from = few_[detail::size_class_table[reach / 8]];
            if (!from.empty()) [[likely]] {
                return from.pop();
            }
        }
        return nullptr;
    }
    /// Puts a block back in the same way; false if that is not possible.
    [[nodiscard]] bool try_deallocate_quickly(void* block, std::size_t bytes,
                                              std::size_t alignment) noexcept {
        const std::size_t reach = detail::reach_of(bytes, alignment);
        if (reach < quick_limit_) [[likely]] {
            detail::free_list& to = few_[detail::size_class_table[reach / 8]];
            if (!to.is_diverted() && block != nullptr) [[likely]] {
                to.push(block);
                return true;
            }
        }
        return false;
    }

protected:
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// Counts whole blocks, large ones with their header; the peak is the sum of the peaks of the
    /// size classes.
    [[nodiscard]] strata::usage do_usage() const noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        if (void* const block = try_allocate_quickly(bytes, alignment)) [[likely]] {
            return block;
        }
        return allocate_slow(bytes, alignment);
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (!try_deallocate_quickly(block, bytes, alignment)) [[unlikely]] {
            deallocate_slow(block, bytes, alignment);
        }
    }

private:
    friend direct_calls;
    struct fresh_blocks {
        std::byte* begin;  // memory of this class that was never handed out
        std::byte* end;
        std::uint16_t grown;  // blocks given to it since it was last diverted
        std::uint16_t trial;  // frees left until the trial of the unrolled list ends,
        std::uint32_t takes;  // and blocks taken from that list during it
    };

    void* allocate_slow(std::size_t bytes, std::size_t alignment);
    void* allocate_otherwise(std::size_t bytes, std::size_t alignment);
    void* take_block(std::size_t bytes, std::size_t alignment);
    void deallocate_slow(void* block, std::size_t bytes, std::size_t alignment);
    void deallocate_otherwise(void* block, std::size_t bytes, std::size_t alignment);
    void put_block(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    [[nodiscard]] std::uint32_t make_first_ready() noexcept;
    void make_ready(std::size_t index) noexcept;
    void set_ready(std::size_t classes) noexcept;
    void* take_from_new_run(std::size_t index);
    void refill_from_new_chunk(std::size_t index);
    [[nodiscard]] bool cut_run(std::size_t index, std::size_t size);
    void give(std::size_t index, const detail::run& run, std::size_t size) noexcept;
    void donate(const detail::piece& rest) noexcept;
    void divert(std::size_t index) noexcept;
    void settle(std::size_t index) noexcept;
    void undivert(std::size_t index) noexcept;
    void count_free_in_chunks(std::size_t index) noexcept;
    void drop_free_in_chunks(std::size_t index) noexcept;
    void note_peak() noexcept;
    [[nodiscard]] std::size_t count_free(std::size_t index) const noexcept;
    [[nodiscard]] std::size_t fresh_bytes(std::size_t index) const noexcept {
        return has_grown(index)
                   ? static_cast<std::size_t>(fresh_[index].end - fresh_[index].begin)
                   : 0;
    }
    [[nodiscard]] bool has_grown(std::size_t index) const noexcept {
        return (grown_[index / 64] >> index % 64 & 1) != 0;
    }
    [[nodiscard]] std::size_t carved_bytes() const noexcept;

    // Returns the next fresh block of a class that has one.
    [[nodiscard]] void* take_fresh(std::size_t index) noexcept {
        std::byte*& fresh = fresh_[index].begin;
        return std::exchange(fresh, fresh + detail::size_of_class(index));
    }

    // A bit for each class that has grown: its fresh_ is initialised.
    std::array<std::uint64_t, (detail::size_class_count + 63) / 64> grown_{};
    std::size_t run_bytes_ = 0;                    // the part of the chunks that classes have,
    std::size_t run_blocks_ = 0;                   // in bytes and in blocks
    std::size_t small_peak_bytes_ = 0;             // before the last trim or release
    std::array<detail::free_list, detail::size_class_count> few_;  // the free blocks of a class
    // The same while the lists in few_ are diverted; blocks may be left here after that.
    std::array<detail::unrolled_free_list, detail::size_class_count> many_;
    std::array<fresh_blocks, detail::size_class_count> fresh_;
    // Classes below it may be in use: few_ and many_ are initialised.
    std::uint32_t ready_ = make_first_ready();
};

}  // namespace strata

#endif
