// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_STRATEGIES_BOUNDED_TIME_RESOURCE_HPP
#define STRATA_STRATEGIES_BOUNDED_TIME_RESOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

#include <strata/core/detail/guard.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/option_table.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/sources/fixed_buffer_resource.hpp>
#include <strata/strategies/detail/size_lists.hpp>

namespace strata {

class bounded_time_resource;

/// Describes a `bounded_time_resource`. All sizes are in bytes.
struct bounded_time {
    /// The size of the one block taken from the upstream at the first call, at most 64 GiB. None:
    /// all that is left if the upstream is a `fixed_buffer_resource`, else 1 MiB.
    std::optional<std::size_t> capacity = {};
    /// Memory to use instead of the upstream, which is then never called. It remains the caller's.
    /// At most 64 GiB of it are used.
    std::span<std::byte> buffer = {};
    label name = {};

    template <class Upstream>
    using resource_type = bounded_time_resource;
    static constexpr bool is_source = false;
    static constexpr bool only_from_below = true;
    static constexpr std::string_view layer_name = "bounded_time";

    template <class Self = bounded_time>
    static constexpr auto option_table() {
        return std::tuple{option{&Self::capacity,
                                 {.name = "capacity",
                                  .what = "what is taken from the upstream, in one block; none: "
                                          "all of a buffer, or 1 MiB",
                                  .least = 1,
                                  .most = std::uint64_t{64} << 30,
                                  .tries = {65536, std::uint64_t{1} << 30, 4},
                                  .asks_below = true,
                                  .bounds_blocks = true}}};
    }

    /// Two buffers are equal if they are the same memory, whatever it holds.
    friend constexpr bool operator==(const bounded_time& left, const bounded_time& right) noexcept {
        return left.capacity == right.capacity && left.buffer.data() == right.buffer.data() &&
               left.buffer.size() == right.buffer.size() && left.name == right.name;
    }
};

/// Serves blocks of any size in any order from one block of memory, each call within a fixed number
/// of instructions: for real-time code, and as the heap of an embedded program.
///
///     static std::array<std::byte, 65536> ram;
///     strata::bounded_time_resource heap{{.buffer = ram}};  // or {{.capacity = 65536}, &upstream}
///     std::pmr::map<int, std::pmr::string> routes{&heap};
///
/// Routing: takes a free block that fits closely and splits it; a freed block is joined with its
/// free neighbours at once. The search is a two-level segregated fit, after M. Masmano, I. Ripoll,
/// A. Crespo and J. Real, "TLSF: a new dynamic memory allocator for real-time systems", 2004. It
/// first tries one block that may just fit, then takes one that certainly fits.
/// `try_expand` grows a block into a free block behind it, or frees the end of the block.
/// Lifetime: the memory is taken at the first call and kept until `release` or destruction, which
/// also give up live blocks. The upstream or the buffer must outlive the resource.
/// Overhead: no header a block; its size is rounded up to 16 bytes. 2 bits for each 16 bytes of the
/// memory, 1.6 % of it, which tell free from live blocks; 4.4 KiB for the object itself.
/// Complexity: O(1) for both calls: each takes at most 200 instructions (of x86-64, optimised by
/// g++; 220 by clang) whatever the heap's state, the size and the alignment. The first `allocate`
/// adds the call of the upstream and a set-up that does not grow with the memory (in checked builds
/// it clears the bits). A refusal takes no longer, except for its throw, which `try_allocate`
/// avoids.
/// Errors: `out_of_room`, a `std::bad_alloc`, if no free block fits. Then nothing has changed; the
/// upstream is not asked for more. What the upstream throws at the first call passes through, and
/// the next call asks it again. Misuses in checked builds: the free of a block that is not live, or
/// with a smaller size; two threads inside at once; an alignment that is not a power of two. A free
/// with a larger size is found in most cases.
/// Threads: one at a time.
class bounded_time_resource : public detail::layer<bounded_time_resource, bounded_time> {
public:
    bounded_time_resource() : bounded_time_resource{bounded_time{}} {}
    explicit bounded_time_resource(std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND)
        : bounded_time_resource{bounded_time{}, upstream} {}
    explicit bounded_time_resource(const bounded_time& description,
                                   std::pmr::memory_resource* upstream STRATA_LIFETIME_BOUND =
                                       std::pmr::get_default_resource());
    ~bounded_time_resource() override;

    /// Returns null if `allocate` would throw, whatever the upstream throws.
    [[nodiscard]] void* try_allocate(layout wanted) noexcept;

    /// Gives up all blocks and returns the memory to the upstream.
    void release() noexcept;

    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept {
        return upstream_;
    }
    /// The options in force: a capacity of at most 64 GiB.
    [[nodiscard]] const bounded_time& options() const noexcept { return options_; }

    /// The memory for blocks, in bytes. Each block takes its size rounded up to a multiple of 16.
    [[nodiscard]] std::size_t capacity_bytes() const noexcept;
    /// How much of that memory is free, in bytes.
    [[nodiscard]] std::size_t free_bytes() const noexcept;
    /// A size, in bytes, that would be served now with an alignment of up to 16: the size of the
    /// largest free block, or less by at most a 32nd. O(1).
    [[nodiscard]] std::size_t largest_free_block() const noexcept;
    /// Whether the lists, the sizes and the bits of all free blocks agree. For tests. O(free
    /// blocks).
    [[nodiscard]] bool is_consistent() const noexcept;

protected:
    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return try_allocate(wanted);
    }
    /// Null if there is a buffer.
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t number) const noexcept override;
    /// By address: every address in the memory counts as owned.
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override;
    /// Live bytes are as asked for, not rounded up.
    [[nodiscard]] strata::usage do_usage() const noexcept override;
    void do_list_options(option_list& to) const override;

    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override;

    void* do_allocate(std::size_t bytes, std::size_t alignment) final;
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final;

private:
    friend direct_calls;
    // Memory is counted in granules of 16 bytes, and a block is known by the number of its first
    // granule.
    using index = std::uint32_t;
    using list = detail::size_lists::list;

    [[nodiscard]] bool has_memory() const noexcept { return memory_.data() != nullptr; }
    [[nodiscard]] bool has_buffer() const noexcept { return options_.buffer.data() != nullptr; }
    [[nodiscard]] std::size_t upstream_bytes() const noexcept;
    [[nodiscard]] index granules_to_come() const noexcept;
    void take_memory();
    void use(std::span<std::byte> memory) noexcept;
    void clear_edges() noexcept;

    struct place {
        index block;  // free, the first of its list
        list in;
        index gap;  // granules to skip in it until the alignment is met
    };
    // Hidden symbols: calls inside a shared library do not go through the PLT.
    template <bool Throws>
    [[nodiscard, gnu::noinline, gnu::visibility("hidden")]] void* allocate_guarded(
        std::size_t bytes, std::size_t alignment) noexcept(!Throws);
    [[gnu::noinline, gnu::visibility("hidden")]] void deallocate_guarded(
        void* block, std::size_t bytes, std::size_t alignment) noexcept;
    template <bool Throws>
    [[nodiscard]] void* take_block(std::size_t bytes, std::size_t alignment) noexcept(!Throws);
    void put_block(void* block, std::size_t bytes) noexcept;
    [[nodiscard]] bool resize(index block, index size, index wanted) noexcept;
    template <bool Throws, bool Aligned>
    [[nodiscard, gnu::visibility("hidden")]] void* serve(std::size_t bytes,
                                                         std::size_t alignment) noexcept(!Throws);
    [[nodiscard, gnu::visibility("hidden")]] void* refuse_unless_first(std::size_t bytes,
                                                                       std::size_t alignment);
    [[nodiscard, gnu::visibility("hidden")]] void* try_refuse_unless_first(
        std::size_t bytes, std::size_t alignment) noexcept;
    [[nodiscard]] void* make_live(place from, index size, std::size_t bytes) noexcept;
    [[nodiscard]] place find(index wanted) const noexcept;
    [[nodiscard]] place find_aligned(index wanted, std::size_t alignment) const noexcept;
    [[nodiscard]] std::size_t gap_before(index block, std::size_t alignment) const noexcept;
    [[nodiscard]] index size_of_free(index block) const noexcept;
    void add_free(index block, index size) noexcept;
    void remove_first(place of) noexcept;
    void remove_free(index block, list in) noexcept;
    // Why a block with this layout cannot be live here; null if it can.
    [[nodiscard]] const char* objection_to(const void* block, layout as) const noexcept;
    [[nodiscard]] bool is_free_block(index block, list in) const noexcept;

    std::byte* begin_;            // the first granule; `nowhere` before the memory is taken
    std::byte* edges_ = nullptr;  // 2 bits for each edge of a granule, behind the last granule
    index granules_ = 0;
    index free_granules_ = 0;
    std::size_t live_bytes_ = 0;
    std::size_t peak_bytes_ = 0;  // as of the last free or release
    std::size_t live_blocks_ = 0;
    std::span<std::byte> memory_{};  // as it was taken or given
    std::pmr::memory_resource* upstream_;
    const fixed_buffer_resource<>* upstream_buffer_ = nullptr;  // its room is the capacity
    bounded_time options_;
    detail::guard guard_;
    detail::size_lists lists_;
};

}  // namespace strata

#endif
