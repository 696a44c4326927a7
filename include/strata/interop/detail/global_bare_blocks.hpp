// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_BARE_BLOCKS_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_BARE_BLOCKS_HPP

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory_resource>

#include <strata/core/layout.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/interop/detail/global_program.hpp>
#include <strata/interop/detail/global_initial.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata::global::detail {

/// A resource that knows the size of each live block.
template <class T>
concept tells_block_sizes = requires(const T& resource, const void* block) {
    { resource.block_size(block) } noexcept -> std::same_as<std::size_t>;
};

/// Blocks without headers: the resource knows their sizes. Blocks of other resources are recorded
/// in `foreign_blocks`.
template <auto Expression>
class bare_blocks {
    using initial = initial_resource<Expression>;
    // Every `heap_resource` can free the blocks of every other.
    static constexpr bool is_heap = std::same_as<typename initial::type, heap_resource>;

    [[nodiscard]] static std::size_t find_quick_limit() noexcept {
        return std::numeric_limits<std::size_t>::max();
    }
    static constexpr maker by{&initial::make, &find_quick_limit, &initial::quick_limit};

public:
    /// A block from the fast path; null if the fast path cannot serve it.
    [[nodiscard, gnu::always_inline]] static void* take_quickly(layout asked) noexcept {
        if constexpr (is_heap) {
            // The heap makes no foreign call, so it serves also while the thread is inside a
            // resource.
            if (asked.size < initial::quick_limit.load(std::memory_order_acquire)) [[likely]] {
                return initial::get()->try_allocate(asked);
            }
        }
        return nullptr;
    }
    [[nodiscard]] static void* take_slowly(layout asked) {
        thread_state& mine = this_thread;
        std::pmr::memory_resource* const to = choose(mine, by);
        void* const block = allocate_from_chosen<Expression>(to, mine, asked, asked);
        if (to != initial::get() && !(is_heap && to == system_heap())) [[unlikely]] {
            if (!foreign_blocks::add(block, {to, asked})) {
                give_back_to(*to, block, asked);
                strata::detail::raise_no_memory();
            }
        }
        return block;
    }

    static void give_back(void* block, std::size_t alignment) noexcept {
        give_back_as(block, alignment, [&] { return initial::get()->block_size(block); });
    }
    static void give_back(void* block, std::size_t size, std::size_t alignment) noexcept {
        give_back_as(block, alignment, [&] { return size; });
    }

private:
    template <class Size>
    static void give_back_as(void* block, std::size_t alignment, Size size) noexcept {
        if (foreign_blocks::any()) [[unlikely]] {
            if (const auto known = foreign_blocks::remove(block)) {
                return give_back_foreign(block, *known);
            }
        }
        if constexpr (is_heap) {
            system_heap()->deallocate(block, 0, alignment);
        } else {
            thread_state& mine = this_thread;
            if (mine.is_inside()) [[unlikely]] {
                return inside_resource::defer(&bare_blocks::give_back, block, size(), alignment);
            }
            const inside_resource now{mine};
            initial::known().deallocate(block, size(), alignment);
        }
    }

    [[gnu::cold, gnu::noinline]] static void give_back_foreign(
        void* block, const foreign_blocks::origin& known) noexcept {
        if (this_thread.is_inside() && known.owner != system_heap()) {
            // Recorded again until it is freed. Without memory for the record, it is freed now.
            if (foreign_blocks::add(block, known)) {
                return inside_resource::defer(&bare_blocks::give_back, block, known.asked.size,
                                              known.asked.alignment);
            }
        }
        give_back_to(*known.owner, block, known.asked);
    }
};

}  // namespace strata::global::detail

#endif
