// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_ROUTER_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_ROUTER_HPP

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/layout.hpp>
#include <strata/interop/detail/global_block.hpp>
#include <strata/interop/detail/global_program.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata::global::detail {

/// A resource that can tell of a live block with how many bytes it takes it back.
template <class T>
concept tells_block_sizes = requires(const T& resource, const void* block) {
    { resource.block_size(block) } noexcept -> std::same_as<std::size_t>;
};

/// The resource that an expression gives, made on first use and never destroyed.
template <auto Expression>
class usual_resource {
    using result = decltype(Expression());

public:
    using type = std::remove_reference_t<result>;
    static_assert(std::derived_from<type, std::pmr::memory_resource> && !std::is_const_v<type>,
                  "strata: STRATA_GLOBAL_RESOURCE takes an expression of a memory resource, or that "
                  "gives a reference to one");
    static_assert(!std::is_rvalue_reference_v<result>,
                  "strata: STRATA_GLOBAL_RESOURCE takes an object that lasts, or makes one");

    [[nodiscard]] static std::pmr::memory_resource* make() {
        if constexpr (std::is_reference_v<result>) {
            referred_ = std::addressof(Expression());
        } else {
            ::new (static_cast<void*>(place_)) type(Expression());
        }
        return get();
    }

    [[nodiscard]] static type* get() noexcept {
        if constexpr (std::is_reference_v<result>) {
            return referred_;
        } else {
            return reinterpret_cast<type*>(place_);
        }
    }

private:
    struct nothing {};
    static constexpr bool is_held = !std::is_reference_v<result>;

    // One of the two.
    inline static constinit type* referred_ = nullptr;
    alignas(std::conditional_t<is_held, type, nothing>) inline static constinit std::byte
        place_[is_held ? sizeof(std::conditional_t<is_held, type, nothing>) : 1]{};
};

/// Where a block comes from now: the usual resource, another one, or the heap.
template <auto Expression>
[[nodiscard]] inline std::pmr::memory_resource* choose(const inside_state& mine) noexcept {
    std::pmr::memory_resource* const to = installed.load(std::memory_order_acquire);
    if (to == nullptr || mine.is_inside) [[unlikely]] {
        return resource_or_heap(&usual_resource<Expression>::make);
    }
    return to;
}

/// Takes `whole` from `to`, which is `choose`n, for a block that was `asked` for. The usual resource
/// is called without a virtual call.
template <auto Expression>
[[nodiscard, gnu::always_inline]] inline void* allocate_from_chosen(std::pmr::memory_resource* to,
                                                                    inside_state& mine,
                                                                    layout whole, layout asked) {
    if (mine.is_inside) [[unlikely]] {
        return to->allocate(whole.size, whole.alignment);  // the heap, which calls nobody
    }
    const inside_resource now{mine};
    source.tell_watchers(asked);
    auto* const usual = usual_resource<Expression>::get();
    return to == usual ? strata::detail::allocate_from(*usual, whole.size, whole.alignment)
                       : strata::detail::allocate_from(*to, whole.size, whole.alignment);
}

/// Blocks with a header before each.
template <auto Expression>
class headed_blocks {
    using usual = usual_resource<Expression>;

public:
    [[nodiscard, gnu::always_inline]] static void* take(layout asked) {
        const std::size_t offset = block_header::offset(asked.alignment);
        constexpr std::size_t most = block_header::most_bytes;
        if (offset > most || asked.size > most - offset) [[unlikely]] {
            throw std::bad_alloc{};
        }
        inside_state& mine = inside_of_thread;
        std::pmr::memory_resource* const to = choose<Expression>(mine);
        void* const memory =
            allocate_from_chosen<Expression>(to, mine, whole(asked.size, asked.alignment), asked);
        void* const block = static_cast<std::byte*>(memory) + offset;
        ::new (static_cast<void*>(&block_header::of(block))) block_header{to, asked};
        return block;
    }

    [[gnu::always_inline]] static void give_back(void* block, std::size_t alignment) noexcept {
        give_back_as(block, block_header::of(block).size(), 0, alignment);
    }
    [[gnu::always_inline]] static void give_back(void* block, std::size_t size,
                                                 std::size_t alignment) noexcept {
        give_back_as(block, size, size, alignment);
    }

private:
    // Of a block and what is before it.
    [[nodiscard]] static layout whole(std::size_t size, std::size_t alignment) noexcept {
        return {size + block_header::offset(alignment),
                std::max(alignment, alignof(block_header))};
    }
    [[nodiscard]] static void* memory_of(void* block, std::size_t alignment) noexcept {
        return static_cast<std::byte*>(block) - block_header::offset(alignment);
    }

    [[gnu::always_inline]] static void give_back_as(void* block, std::size_t size,
                                                    std::size_t said,
                                                    std::size_t alignment) noexcept {
        block_header& header = block_header::of(block);
        if (!header.is_of_live(alignment)) [[unlikely]] {
            return report_wrong_delete(block, said, alignment);
        }
        std::pmr::memory_resource* const owner = header.owner();
        if (size != header.size() &&
            !may_free_with_another_size(*owner, block, header.size(), size)) [[unlikely]] {
            size = header.size();
        }
        inside_state& mine = inside_of_thread;
        if (owner != usual::get() || mine.is_inside) [[unlikely]] {
            return give_back_otherwise(header, block, size, alignment);
        }
        header.strike();
        const inside_resource now{mine};
        const layout all = whole(size, alignment);
        usual::get()->deallocate(memory_of(block, alignment), all.size, all.alignment);
    }

    [[gnu::cold, gnu::noinline]] static void give_back_otherwise(block_header& header, void* block,
                                                                 std::size_t size,
                                                                 std::size_t alignment) noexcept {
        std::pmr::memory_resource* const owner = header.owner();
        if (inside_of_thread.is_inside && owner != system_heap()) {
            return inside_resource::defer(&headed_blocks::give_back, block, size, alignment);
        }
        header.strike();
        give_back_to(*owner, memory_of(block, alignment), whole(size, alignment));
    }
};

/// Blocks as the resource gives them: it can tell their sizes. Those of others are written down.
template <auto Expression>
class bare_blocks {
    using usual = usual_resource<Expression>;
    // All of them free each other's blocks.
    static constexpr bool is_heap = std::same_as<typename usual::type, heap_resource>;

public:
    [[nodiscard]] static void* take(layout asked) {
        inside_state& mine = inside_of_thread;
        std::pmr::memory_resource* const to = choose<Expression>(mine);
        void* const block = allocate_from_chosen<Expression>(to, mine, asked, asked);
        if (to != usual::get() && !(is_heap && to == system_heap())) [[unlikely]] {
            if (!strangers::add(block, {to, asked})) {
                give_back_to(*to, block, asked);
                throw std::bad_alloc{};
            }
        }
        return block;
    }

    static void give_back(void* block, std::size_t alignment) noexcept {
        give_back_as(block, alignment, [&] { return usual::get()->block_size(block); });
    }
    static void give_back(void* block, std::size_t size, std::size_t alignment) noexcept {
        give_back_as(block, alignment, [&] { return size; });
    }

private:
    template <class Size>
    static void give_back_as(void* block, std::size_t alignment, Size size) noexcept {
        if (strangers::are_there()) [[unlikely]] {
            if (const auto known = strangers::remove(block)) {
                return give_back_stranger(block, *known);
            }
        }
        inside_state& mine = inside_of_thread;
        if constexpr (is_heap) {
            return system_heap()->deallocate(block, 0, alignment);
        }
        if (mine.is_inside) [[unlikely]] {
            return inside_resource::defer(&bare_blocks::give_back, block, size(), alignment);
        }
        const inside_resource now{mine};
        usual::get()->deallocate(block, size(), alignment);
    }

    [[gnu::cold, gnu::noinline]] static void give_back_stranger(
        void* block, const strangers::stranger& known) noexcept {
        if (inside_of_thread.is_inside && known.owner != system_heap()) {
            // It is one again until then; where there is no memory to say so, it is given back now.
            if (strangers::add(block, known)) {
                return inside_resource::defer(&bare_blocks::give_back, block, known.asked.size,
                             known.asked.alignment);
            }
        }
        give_back_to(*known.owner, block, known.asked);
    }
};

/// Operator new and delete on the resource that the expression gives.
template <auto Expression>
class router {
    using type = typename usual_resource<Expression>::type;
    using blocks = std::conditional_t<tells_block_sizes<type>, bare_blocks<Expression>,
                                      headed_blocks<Expression>>;

public:
    static constexpr std::size_t usual_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

    [[nodiscard, gnu::always_inline]] static void* allocate(
        std::size_t size, std::size_t alignment = usual_alignment) {
        if (!std::has_single_bit(alignment)) [[unlikely]] {
            throw std::bad_alloc{};
        }
        try {
            return blocks::take({size, alignment});
        } catch (const std::bad_alloc&) {
            if (std::get_new_handler() == nullptr) {
                throw;
            }
        }
        return allocate_again({size, alignment});
    }

    [[nodiscard]] static void* try_allocate(std::size_t size,
                                            std::size_t alignment = usual_alignment) noexcept {
        try {
            return allocate(size, alignment);
        } catch (...) {
            return nullptr;
        }
    }

    static void deallocate(void* block, std::align_val_t alignment =
                                            std::align_val_t{usual_alignment}) noexcept {
        if (block != nullptr) {
            blocks::give_back(block, static_cast<std::size_t>(alignment));
        }
    }
    static void deallocate(void* block, std::size_t size,
                           std::align_val_t alignment = std::align_val_t{usual_alignment}) noexcept {
        if (block != nullptr) {
            blocks::give_back(block, size, static_cast<std::size_t>(alignment));
        }
    }

private:
    // The handler may make room, install another one, or throw.
    [[nodiscard, gnu::cold, gnu::noinline]] static void* allocate_again(layout asked) {
        for (;;) {
            if (const std::new_handler handler = std::get_new_handler()) {
                handler();
            }
            try {
                return blocks::take(asked);
            } catch (const std::bad_alloc&) {
                if (std::get_new_handler() == nullptr) {
                    throw;
                }
            }
        }
    }
};

}  // namespace strata::global::detail

#endif
