// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_CONCURRENT_ARENA_RESOURCE_HPP
#define STRATA_STRATEGIES_CONCURRENT_ARENA_RESOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/core/thread_safety.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/detail/bump.hpp>
#include <strata/strategies/detail/chunk_options.hpp>
#include <strata/threads/detail/foreign_upstream.hpp>
#include <strata/threads/detail/fork_gate.hpp>
#include <strata/threads/detail/thread_caches.hpp>

namespace strata {

class concurrent_arena_resource;

/// Describes a `concurrent_arena_resource`. All sizes are in bytes.
struct concurrent_arena {
    /// The room for blocks in the first chunk from the upstream. It is not learnt: `auto_size`
    /// counts as the default.
    std::size_t first_chunk = 16384;
    /// Each chunk is larger than the one before by this factor, up to `largest_chunk`. At least 1.
    double growth = 1.5;
    /// The most room for blocks in a chunk. Only a chunk for one larger block has more.
    std::size_t largest_chunk = std::numeric_limits<std::ptrdiff_t>::max();
    /// The largest slab that a thread takes for itself. A thread's slabs begin at 1 KiB and double.
    std::size_t largest_slab = 65536;
    /// Memory to use before the first chunk. It remains the caller's.
    std::span<std::byte> initial_buffer = {};
    label name = {};

    template <class Upstream>
    using resource_type = concurrent_arena_resource;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "concurrent_arena";
    [[nodiscard]] static constexpr thread_safety threads() noexcept {
        return thread_safety::full;
    }

    template <class Self = concurrent_arena>
    static constexpr auto option_table() {
        return std::tuple_cat(
            detail::options_of_arenas<Self>(),
            std::tuple{option{&Self::largest_slab,
                              {.name = "largest_slab",
                               .what = "the most that a thread takes for itself at a time",
                               .least = 1024,
                               .most = std::uint64_t{1} << 30,
                               .tries = {4096, std::uint64_t{1} << 20, 4},
                               .asks_below = true}}});
    }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const {
        return detail::contradiction_of_chunks(*this);
    }
};

/// An arena for any number of threads: each bumps a pointer through its own slab, which comes from
/// an arena that all threads share.
///
///     strata::concurrent_arena_resource frame;   // or {strata::concurrent_arena{...}, &upstream}
///     std::jthread other{[&] { std::pmr::vector<int> there{&frame}; }};
///     other.join();
///     frame.reset();                             // keeps the memory for the next round
///
/// Routing: from the thread's slab upwards; a block whose size or alignment exceeds a quarter of
/// `largest_slab` comes from the shared arena. `deallocate` does nothing.
/// `try_expand` resizes the newest block of the thread, up to the end of its slab.
/// Lifetime: blocks live until `reset`, `release` or destruction. These can return chunks to the
/// upstream, each as a whole. Threads may end before or after the arena; the slab of an ended
/// thread serves another one. The upstream and the initial buffer must outlive the arena.
/// Overhead: no header a block, only padding for its alignment; the unused part of each thread's
/// slab; 128 bytes a thread; 24 bytes a chunk. All concurrent resources together take 24 bytes of
/// thread-local storage and another 1.1 KiB a thread.
/// Complexity: allocate is O(1); a lock is taken for each slab. A thread's first call registers it,
/// O(threads). `reset` and `release` O(chunks + threads), `owns` O(chunks).
/// Errors: exceptions of the upstream pass through and change nothing; over a small buffer, choose
/// `largest_slab` to fit it. `std::bad_alloc` for sizes that no chunk can have.
/// Threads: safe to use from any number of threads; during `reset`, `release` and destruction, no
/// other thread may use it. One thread at a time calls the upstream; a callback of the upstream may
/// use the arena, and may fork. Blocks of two threads never share a cache line (64 bytes), unless
/// they are too large for a slab. After `fork`, parent and child may both go on. Fibers may change
/// threads between two calls.
class concurrent_arena_resource : public detail::layer<concurrent_arena_resource, concurrent_arena>,
                                  private detail::thread_caches {
public:
    concurrent_arena_resource() : concurrent_arena_resource{concurrent_arena{}} {}
    explicit concurrent_arena_resource(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : concurrent_arena_resource{concurrent_arena{}, upstream} {}
    explicit concurrent_arena_resource(const concurrent_arena& description,
                                       std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                           std::pmr::get_default_resource());
    ~concurrent_arena_resource() override;

    /// Gives up all blocks and keeps the memory, as `arena_resource::reset` does. No other thread
    /// may be inside.
    void reset(retain what = retain::all) noexcept;
    /// The same, but keeps at most `retain_at_most` bytes from the upstream.
    void reset(std::size_t retain_at_most) noexcept;
    /// Gives up all blocks and returns all chunks to the upstream. No other thread may be inside.
    void release() noexcept;

    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return upstream_.real();
    }
    /// The options in force: a growth of at least 1, a first chunk no larger than the largest, and
    /// slabs of whole cache lines.
    [[nodiscard]] concurrent_arena options() const noexcept;

protected:
    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// Only the reserved bytes, because threads do not share counts of used bytes.
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;

    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        const detail::thread_record::entry& mine = entry();
        if (is_mine(mine)) [[likely]] {
            slab& of = *static_cast<slab*>(mine.cache);
            void* block = nullptr;
            if (of.position.take(of.quick_end, bytes, alignment, block)) [[likely]] {
                return block;
            }
        }
        return allocate_slow(bytes, alignment);
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (checks_frees_) {
            deallocate_guarded(block, bytes, alignment);
        }
    }

private:
    friend direct_calls;
    // The memory that one thread serves its blocks from.
    struct slab : detail::thread_cache {
        detail::bump_position position;
        std::byte* quick_end;  // the end; null if the guard is on: no quick path
        std::byte* end;
        std::size_t next_size;
    };

    void* allocate_slow(std::size_t bytes, std::size_t alignment);
    void* take_block(std::size_t bytes, std::size_t alignment);
    [[gnu::cold, gnu::noinline]] void deallocate_guarded(void* block, std::size_t bytes,
                                                         std::size_t alignment) noexcept;
    slab* make_slab();
    void give_up_all() noexcept;
    static void give_up(detail::thread_caches& self, detail::thread_cache& cache) noexcept;
    class use_of_shared;

    mutable detail::call_mutex mutex_;  // protects the shared arena, and so the upstream
    detail::foreign_upstream upstream_;
    arena_resource shared_;
    std::size_t largest_slab_;
    detail::guard guard_{detail::callers::several};
    bool checks_frees_;  // else `deallocate` does nothing
};

}  // namespace strata

#endif
