// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_ARENA_RESOURCE_HPP
#define STRATA_STRATEGIES_ARENA_RESOURCE_HPP

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
#include <strata/detail/lifetime_bound.hpp>
#include <strata/strategies/detail/bump.hpp>
#include <strata/strategies/detail/chunk_options.hpp>
#include <strata/strategies/detail/learnt_size.hpp>
#include <strata/strategies/detail/valid_marks.hpp>

namespace strata {

class arena_resource;

/// Describes an `arena_resource`. All sizes are in bytes.
struct arena {
    /// The room for blocks in the first chunk from the upstream. `auto_size`: what most earlier
    /// arenas of this name needed, by the `profile`.
    std::size_t first_chunk = 1000;
    /// Each chunk is larger than the one before by this factor, up to `largest_chunk`. At least 1.
    double growth = 1.5;
    /// The most room for blocks in a chunk. Only a chunk for one larger block has more.
    std::size_t largest_chunk = std::numeric_limits<std::ptrdiff_t>::max();
    /// Memory to use before the first chunk. It remains the caller's.
    std::span<std::byte> initial_buffer = {};
    /// Whether freeing the newest block makes its memory available again, except the padding before
    /// it.
    bool reuse_last = false;
    /// The file of the `size_profile` for `auto_size`. Empty: the process's own, in memory.
    std::string_view profile = {};
    label name = {};

    template <class Upstream>
    using resource_type = arena_resource;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "arena";

    template <class Self = arena>
    static constexpr auto option_table() {
        return std::tuple_cat(
            detail::options_of_arenas<Self>(),
            std::tuple{
                option{&Self::reuse_last,
                       {.name = "reuse_last",
                        .what = "freeing the newest block makes room again"}},
                option{&Self::profile, detail::facts_of_profile}});
    }
    /// Why the options do not go together; empty if they do.
    [[nodiscard]] std::string contradiction() const {
        return detail::contradiction_of_chunks(*this);
    }
};

/// How much memory `arena_resource::reset` keeps for the next round.
enum class retain {
    all,  ///< everything, as one chunk
    /// 1.5 times the most that a recent round used. The use of a round counts for an eighth less
    /// with each round after it. Memory goes back only if the arena holds more than twice that.
    recent,
    none  ///< nothing
};

/// A position in an arena, to which `arena_resource::rewind` returns. Valid until the arena is
/// rewound to an earlier mark, reset or released.
class arena_mark {
    friend class arena_resource;

    const arena_resource* arena_ = nullptr;
    void* newest_ = nullptr;
    void* current_ = nullptr;
    std::byte* position_ = nullptr;
    std::size_t closed_bytes_ = 0;
    std::uint64_t serial_ = 0;
};

/// Serves blocks by bumping a pointer through ever larger chunks, and frees them all at once. A
/// drop-in for `std::pmr::monotonic_buffer_resource`.
///
///     strata::arena_resource frame;                       // or {strata::arena{...}, &upstream}
///     std::pmr::vector<std::pmr::string> names{&frame};
///     frame.reset();                                      // keeps the memory for the next round
///
/// Routing: from the current chunk upwards. A block that does not fit gets another chunk; the arena
/// goes on in whichever of the two has more room left. `deallocate` does nothing, unless the option
/// `reuse_last` is on and the block is the newest.
/// `try_expand` resizes the newest block, up to the end of its chunk. A `rewind` also undoes the
/// growth, after the mark, of a block from before it.
/// Lifetime: blocks live until `rewind`, `reset`, `release` or destruction. The last three can
/// return chunks to the upstream, each as a whole. The upstream and the initial buffer must outlive
/// the arena. With `auto_size`, the end of an arena that took a chunk tells the profile how many
/// bytes one chunk would have needed. An arena that never ends, as in `STRATA_GLOBAL_RESOURCE`,
/// tells it nothing. A round that needs more than was learnt takes the rest in chunks that begin at
/// an eighth of that times `growth`.
/// Overhead: no header a block, only padding for its alignment; 24 bytes a chunk, at its end. With
/// `auto_size`, some 100 bytes of operator new.
/// Complexity: allocate is O(1) plus a call of the upstream for each new chunk; `mark` O(1);
/// `rewind`, `reset`, `release` and `owns` O(chunks). With `auto_size`, constructor and destructor
/// also look up the name, O(log names), under locks that all such resources of the process share.
/// Errors: exceptions of the upstream pass through and change nothing: blocks that fit the chunks
/// are still served. Over a small buffer, choose `first_chunk` and `largest_chunk` to fit it.
/// `std::bad_alloc` for sizes that no chunk can have. If the upstream has no memory for the
/// chunk that was learnt, the arena takes one of the usual size. A profile that cannot be read
/// throws as `size_profile`. Misuses in checked builds: two threads inside at once, an alignment
/// that is not a power of two, and the free of a pointer that is not in the arena.
/// Threads: one at a time.
class arena_resource : public detail::layer<arena_resource, arena> {
public:
    arena_resource() : arena_resource{std::pmr::get_default_resource()} {}
    explicit arena_resource(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND);
    explicit arena_resource(std::size_t first_chunk)
        : arena_resource{first_chunk, std::pmr::get_default_resource()} {}
    arena_resource(std::size_t first_chunk,
                   std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : arena_resource{arena{.first_chunk = first_chunk}, upstream} {}
    arena_resource(void* buffer STRATA_LIFETIME_BOUND, std::size_t bytes)
        : arena_resource{buffer, bytes, std::pmr::get_default_resource()} {}
    /// The first chunk is larger than the buffer, as in the standard's class.
    arena_resource(void* buffer STRATA_LIFETIME_BOUND, std::size_t bytes,
                   std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND);
    explicit arena_resource(const arena& description,
                            std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                std::pmr::get_default_resource());
    ~arena_resource() override;

    /// The current position. `rewind` gives up all blocks that are allocated after it.
    [[nodiscard]] arena_mark mark() noexcept;
    /// Gives up all blocks allocated since `mark` and keeps their chunks for reuse, without a call
    /// of the upstream. Misuses: a mark of another arena, a mark that no arena made, and a mark
    /// that is no longer valid. The last is detected in checked builds.
    void rewind(const arena_mark& mark) noexcept;

    /// Gives up all blocks and keeps the memory, so that a second round of the same work makes no
    /// upstream call. (With alignments above 16, perhaps only a third round makes none: padding
    /// depends on the chunk's address.) Several chunks are replaced by one; if the upstream refuses
    /// that, the arena keeps nothing.
    void reset(retain what = retain::all) noexcept;
    /// The same, but keeps at most `retain_at_most` bytes from the upstream.
    void reset(std::size_t retain_at_most) noexcept;
    /// Gives up all blocks and returns all chunks to the upstream.
    void release() noexcept;

    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return upstream_;
    }
    /// The options in force: a growth of at least 1, and a first chunk no larger than the largest.
    /// `profile` refers to text inside the arena.
    [[nodiscard]] const arena& options() const noexcept { return options_; }

protected:
    /// With a first chunk by that profile, under the name of the description.
    arena_resource(const arena& description, size_profile& by, std::pmr::memory_resource* upstream);

    [[nodiscard]] std::pmr::memory_resource* do_upstream(std::size_t index) const noexcept override;
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// Used bytes include the padding between blocks; live bytes and blocks are not known.
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;

    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;
    void* do_allocate(std::size_t bytes, std::size_t alignment) final {
        void* block = nullptr;
        if (position_.take(quick_end_, bytes, alignment, block)) [[likely]] {
            return block;
        }
        return allocate_slow(bytes, alignment);
    }

    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final {
        if (handles_frees_) {
            deallocate_slow(block, bytes, alignment);
        }
    }

private:
    friend direct_calls;
    struct chunk;

    void* allocate_slow(std::size_t bytes, std::size_t alignment);
    void* allocate_otherwise(std::size_t bytes, std::size_t alignment);
    void deallocate_slow(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void deallocate_otherwise(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void take_back_newest(void* block, std::size_t bytes) noexcept;
    [[nodiscard]] bool is_in_current(const void* block) const noexcept;
    void* take_block(std::size_t bytes, std::size_t alignment);
    void* take_from_other(std::size_t bytes, std::size_t alignment);
    chunk* take_spare(std::size_t bytes, std::size_t alignment) noexcept;
    chunk* take_chunk(std::size_t size, std::size_t alignment);
    chunk* take_learnt_chunk(std::size_t bytes, std::size_t alignment);
    void* serve_from_new(chunk* fresh, std::size_t bytes, std::size_t alignment) noexcept;
    void make_spare(const chunk* last) noexcept;
    void give_back_spare() noexcept;
    void to_start() noexcept;
    void retain_as_one(std::size_t size, std::size_t alignment) noexcept;
    void enter(chunk* window, std::byte* position) noexcept;
    void note_peak() noexcept;
    void note_need() noexcept;
    void give_back(chunk* newest_first) noexcept;
    void return_to(const arena_mark& mark) noexcept;
    [[nodiscard]] std::size_t used_bytes() const noexcept;
    [[nodiscard]] std::byte* begin_of(const chunk* window) const noexcept;
    [[nodiscard]] std::byte* end_of(const chunk* window) const noexcept;
    [[nodiscard]] static std::size_t size_for(std::size_t payload) noexcept;
    [[nodiscard]] std::size_t first_payload() const noexcept;
    [[nodiscard]] std::size_t next_size() const noexcept;

    detail::bump_position position_;
    std::byte* quick_end_;          // end of the chunk; null if the guard is on: no quick path
    chunk* current_ = nullptr;      // the chunk that holds position_; null: the initial buffer
    chunk* newest_ = nullptr;       // all chunks in use, newest first
    chunk* spare_ = nullptr;        // chunks kept for reuse; the first is tried first
    std::size_t usual_size_ = 0;    // of the last chunk of a usual size, with its header; or 0
    std::size_t closed_bytes_ = 0;  // used in all chunks except the current one
    // The fewest bytes of the initial buffer that were in use as a first chunk was taken, since the
    // last reset.
    std::size_t bytes_before_chunks_ = std::numeric_limits<std::ptrdiff_t>::max();
    std::size_t peak_bytes_ = 0;
    std::size_t reserved_bytes_ = 0;  // taken from the upstream
    std::size_t recent_bytes_ = 0;    // the decaying high-water mark of retain::recent
    std::pmr::memory_resource* upstream_;
    arena options_;
    detail::guard guard_;
    bool handles_frees_;  // else `deallocate` does nothing
    detail::valid_marks marks_;
    detail::learnt_size learnt_;  // empty unless the first chunk is auto_size
};

/// Rewinds an arena, at the end of a C++ scope, to its position at the beginning.
///
///     strata::arena_scope scratch{arena};
///     std::pmr::vector<int> temporary{&arena};
///
/// Errors: scopes of one arena that end out of order are a misuse, detected in checked builds.
class arena_scope {
public:
    [[nodiscard]] explicit arena_scope(arena_resource& arena STRATA_LIFETIME_BOUND) noexcept
        : arena_{arena},
          mark_{arena.mark()} {}
    arena_scope(const arena_scope&) = delete;
    arena_scope& operator=(const arena_scope&) = delete;
    ~arena_scope() { arena_.rewind(mark_); }

private:
    arena_resource& arena_;
    arena_mark mark_;
};

}  // namespace strata

#endif
