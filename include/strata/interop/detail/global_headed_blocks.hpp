// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_HEADED_BLOCKS_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_HEADED_BLOCKS_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <type_traits>

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
    static constexpr bool has_keys =
        strata::detail::has_quick_keys<std::remove_pointer_t<decltype(initial::quick())>>;
    static constexpr std::size_t no_quick_key = strata::detail::no_quick_key;
    static constexpr std::size_t usual_alignment = sizeof(block_header);

    // For the usual alignment: 1 more than the largest size of a block with a key, or 0.
    [[nodiscard]] static std::size_t find_quick_limit() noexcept {
        if constexpr (has_keys) {
            if (initial::quick() == nullptr) {
                return 0;
            }
            const auto has_key = [](std::size_t size) {
                return quick_key(whole(size, usual_alignment)) != no_quick_key;
            };
            std::size_t size = 0;
            for (std::size_t step = block_header::most_bytes / 2 + 1; step != 0; step /= 2) {
                size += has_key(size + step) ? step : 0;
            }
            return has_key(size) ? size + 1 : 0;
        } else {
            return 0;
        }
    }
    static constexpr maker by{&initial::make, &find_quick_limit, &initial::quick_limit};

public:
    /// A block from the fast path; null if the fast path cannot serve it.
    [[nodiscard, gnu::always_inline]] static void* take_quickly(layout asked) noexcept {
        if constexpr (has_keys) {
            if (asked.size >= initial::quick_limit.load(std::memory_order_acquire)) [[unlikely]] {
                return nullptr;
            }
            const layout all = whole(asked.size, asked.alignment);
            if (asked.alignment > usual_alignment && quick_key(all) == no_quick_key) [[unlikely]] {
                return nullptr;
            }
            auto* const from = initial::quick();  // an atomic, which is not to be loaded twice
            void* const memory =
                from->try_allocate_quickly(from->known_quick_key(all.size, all.alignment));
            return memory == nullptr ? nullptr
                                     : write_header(memory, block_header::keyed_block, asked);
        } else {
            return nullptr;
        }
    }
    [[nodiscard, gnu::noinline]] static void* take_slowly(layout asked) {
        if (!is_possible(asked)) {
            strata::detail::raise_no_memory();
        }
        thread_state& mine = this_thread;
        std::pmr::memory_resource* const to = choose(mine, by);
        const layout all = whole(asked.size, asked.alignment);
        return put_header(allocate_from_chosen<Expression>(to, mine, all, asked), to, asked);
    }

    /// Puts the header into the memory of a block of any resource; returns the block.
    static void* put_header(void* memory, std::pmr::memory_resource* owner,
                            layout asked) noexcept {
        if constexpr (has_keys) {
            if (owner == initial::get() && initial::quick() != nullptr) [[likely]] {
                if (quick_key(whole(asked.size, asked.alignment)) != no_quick_key) [[likely]] {
                    return write_header(memory, block_header::keyed_block, asked);
                }
            }
        }
        return write_header(memory, owner, asked);
    }
    [[nodiscard]] static std::pmr::memory_resource* owner_of(const block_header& header) noexcept {
        return header.has_key() ? initial::get() : header.owner();
    }

    /// Whether the fast path has freed it: a block of this alignment, or of this size and alignment,
    /// that has a key.
    [[nodiscard, gnu::always_inline]] static bool give_back_quickly(
        void* block, std::size_t alignment) noexcept {
        return give_back_known(block, alignment, alignment);
    }
    [[nodiscard, gnu::always_inline]] static bool give_back_quickly(
        void* block, std::size_t size, std::size_t alignment) noexcept {
        return give_back_known(block, layout{size, alignment}, alignment);
    }
    [[gnu::always_inline]] static void give_back(void* block, std::size_t alignment) noexcept {
        if (!give_back_quickly(block, alignment)) [[unlikely]] {
            give_back_slowly(block, block_header::of(block).size(), false, alignment);
        }
    }
    [[gnu::always_inline]] static void give_back(void* block, std::size_t size,
                                                 std::size_t alignment) noexcept {
        if (!give_back_quickly(block, size, alignment)) [[unlikely]] {
            give_back_slowly(block, size, true, alignment);
        }
    }

private:
    [[nodiscard, gnu::always_inline]] static bool is_possible(layout asked) noexcept {
        const std::size_t offset = block_header::offset(asked.alignment);
        constexpr std::size_t most = block_header::most_bytes;
        return offset <= most && asked.size <= most - offset;
    }

    [[nodiscard]] static std::size_t quick_key(layout all) noexcept {
        return initial::quick()->quick_key(all.size, all.alignment);
    }

    template <class OwnerOrMark>
    [[gnu::always_inline]] static void* write_header(void* memory, OwnerOrMark from,
                                                     layout asked) noexcept {
        void* const block = static_cast<std::byte*>(memory) + block_header::offset(asked.alignment);
        ::new (static_cast<void*>(&block_header::of(block))) block_header{from, asked};
        return block;
    }

    // The layout of a block together with its header.
    [[nodiscard]] static layout whole(std::size_t size, std::size_t alignment) noexcept {
        return {size + block_header::offset(alignment), std::max(alignment, alignof(block_header))};
    }
    [[nodiscard]] static void* memory_of(void* block, std::size_t alignment) noexcept {
        return static_cast<std::byte*>(block) - block_header::offset(alignment);
    }

    // The key is computed, not kept in the header. From there it comes later, where the header has
    // left the cache: frees of many blocks then took up to twice as long.
    template <class Pool>
    [[nodiscard]] static std::size_t key_of(const Pool& in, const block_header& /*header*/,
                                            layout freed) noexcept {
        const layout all = whole(freed.size, freed.alignment);
        return in.known_quick_key(all.size, all.alignment);
    }
    template <class Pool>
    [[nodiscard]] static std::size_t key_of(const Pool& in, const block_header& header,
                                            std::size_t alignment) noexcept {
        return key_of(in, header, layout{header.size(), alignment});
    }

    // Known of the block is its layout or only its alignment.
    template <class Known>
    [[nodiscard, gnu::always_inline]] static bool give_back_known(
        void* block, Known freed, std::size_t alignment) noexcept {
        if constexpr (has_keys) {
            block_header& header = block_header::of(block);
            if (!header.is_of_keyed(freed)) [[unlikely]] {
                return false;
            }
            auto* const to = initial::quick();
            const bool is_done = to->try_deallocate_quickly(memory_of(block, alignment),
                                                            key_of(*to, header, freed));
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
        std::pmr::memory_resource* const owner = owner_of(header);
        if (size != header.size() &&
            !may_free_with_another_size(*owner, block, header.size(), size)) [[unlikely]] {
            size = header.size();
        }
        thread_state& mine = this_thread;
        if (mine.is_inside() && owner != system_heap()) [[unlikely]] {
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
