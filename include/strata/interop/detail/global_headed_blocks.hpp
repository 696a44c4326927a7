// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_HEADED_BLOCKS_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_HEADED_BLOCKS_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <new>

#include <strata/core/detail/quick_paths.hpp>
#include <strata/core/layout.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/interop/detail/global_block.hpp>
#include <strata/interop/detail/global_program.hpp>
#include <strata/interop/detail/global_initial.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata::global::detail {

/// Blocks with a header before each.
template <auto Expression>
class headed_blocks {
    using initial = initial_resource<Expression>;

public:
    /// A block from the fast path; null if the fast path cannot serve it.
    [[nodiscard, gnu::always_inline]] static void* take_quickly(layout asked) noexcept {
        if constexpr (strata::detail::has_quick_paths<typename initial::type>) {
            if (!is_possible(asked) || !initial::is_installed() || this_thread.is_inside ||
                source.is_watched()) [[unlikely]] {
                return nullptr;
            }
            const layout all = whole(asked.size, asked.alignment);
            void* const memory = initial::get()->try_allocate_quickly(all.size, all.alignment);
            return memory == nullptr ? nullptr : put_header(memory, initial::get(), asked);
        } else {
            return nullptr;
        }
    }
    [[nodiscard, gnu::noinline]] static void* take_slowly(layout asked) {
        if (!is_possible(asked)) {
            strata::detail::raise_no_memory();
        }
        thread_state& mine = this_thread;
        std::pmr::memory_resource* const to = choose<Expression>(mine);
        void* const memory =
            allocate_from_chosen<Expression>(to, mine, whole(asked.size, asked.alignment), asked);
        return put_header(memory, to, asked);
    }

    [[gnu::always_inline]] static void give_back(void* block, std::size_t alignment) noexcept {
        const block_header& header = block_header::of(block);
        if (!give_back_quickly(block, {header.size(), alignment})) [[unlikely]] {
            give_back_slowly(block, header.size(), false, alignment);
        }
    }
    [[gnu::always_inline]] static void give_back(void* block, std::size_t size,
                                                 std::size_t alignment) noexcept {
        if (!give_back_quickly(block, {size, alignment})) [[unlikely]] {
            give_back_slowly(block, size, true, alignment);
        }
    }

private:
    [[nodiscard, gnu::always_inline]] static bool is_possible(layout asked) noexcept {
        const std::size_t offset = block_header::offset(asked.alignment);
        constexpr std::size_t most = block_header::most_bytes;
        return offset <= most && asked.size <= most - offset;
    }

    [[gnu::always_inline]] static void* put_header(void* memory, std::pmr::memory_resource* owner,
                                                   layout asked) noexcept {
        void* const block = static_cast<std::byte*>(memory) + block_header::offset(asked.alignment);
        ::new (static_cast<void*>(&block_header::of(block))) block_header{owner, asked};
        return block;
    }

    // The layout of a block together with its header.
    [[nodiscard]] static layout whole(std::size_t size, std::size_t alignment) noexcept {
        return {size + block_header::offset(alignment), std::max(alignment, alignof(block_header))};
    }
    [[nodiscard]] static void* memory_of(void* block, std::size_t alignment) noexcept {
        return static_cast<std::byte*>(block) - block_header::offset(alignment);
    }

    [[nodiscard, gnu::always_inline]] static bool give_back_quickly(void* block,
                                                                    layout freed) noexcept {
        if constexpr (strata::detail::has_quick_paths<typename initial::type>) {
            block_header& header = block_header::of(block);
            if (!header.is_of_live(freed) || header.owner() != initial::get() ||
                this_thread.is_inside) [[unlikely]] {
                return false;
            }
            const layout all = whole(freed.size, freed.alignment);
            const bool is_done = initial::get()->try_deallocate_quickly(
                memory_of(block, freed.alignment), all.size, all.alignment);
            if (is_done) [[likely]] {
                header.strike();  // it is still in this thread's cache
            }
            return is_done;
        } else {
            return false;
        }
    }

    [[gnu::noinline]] static void give_back_slowly(void* block, std::size_t size, bool is_said,
                                                   std::size_t alignment) noexcept {
        block_header& header = block_header::of(block);
        if (!header.is_of_live(alignment)) [[unlikely]] {
            return report_wrong_delete(block, is_said ? size : 0, alignment);
        }
        std::pmr::memory_resource* const owner = header.owner();
        if (size != header.size() &&
            !may_free_with_another_size(*owner, block, header.size(), size)) [[unlikely]] {
            size = header.size();
        }
        thread_state& mine = this_thread;
        if (mine.is_inside && owner != system_heap()) [[unlikely]] {
            return inside_resource::defer(&headed_blocks::give_back, block, size, alignment);
        }
        header.strike();
        const layout all = whole(size, alignment);
        if (owner != initial::get()) [[unlikely]] {
            return give_back_to(*owner, memory_of(block, alignment), all);
        }
        const inside_resource now{mine};
        initial::known().deallocate(memory_of(block, alignment), all.size, all.alignment);
    }
};

}  // namespace strata::global::detail

#endif
