// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_ROUTER_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_ROUTER_HPP

#include <cstddef>
#include <new>
#include <type_traits>

#include <strata/core/layout.hpp>
#include <strata/detail/round_up.hpp>
#include <strata/diagnostics/detail/caught.hpp>
#include <strata/diagnostics/detail/raise.hpp>
#include <strata/interop/detail/global_bare_blocks.hpp>
#include <strata/interop/detail/global_headed_blocks.hpp>

namespace strata::global::detail {

/// Operator new and delete on the resource that the expression gives.
template <auto Expression>
class router {
    using type = typename initial_resource<Expression>::type;
    using blocks = std::conditional_t<tells_block_sizes<type>, bare_blocks<Expression>,
                                      headed_blocks<Expression>>;

public:
    static constexpr std::size_t default_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

    [[nodiscard, gnu::always_inline]] static void* allocate(
        std::size_t size, std::size_t alignment = default_alignment) {
        if (!strata::detail::is_power_of_two(alignment)) [[unlikely]] {
            strata::detail::raise_no_memory();
        }
        if (void* const block = blocks::take_quickly({size, alignment})) [[likely]] {
            return block;
        }
        return allocate_slowly({size, alignment});
    }

    [[nodiscard]] static void* try_allocate(std::size_t size,
                                            std::size_t alignment = default_alignment) noexcept {
        return strata::detail::null_if_it_throws([&] { return allocate(size, alignment); });
    }

    [[gnu::always_inline]] static void deallocate(
        void* block, std::align_val_t alignment = std::align_val_t{default_alignment}) noexcept {
        if (block != nullptr) {
            blocks::give_back(block, static_cast<std::size_t>(alignment));
        }
    }
    [[gnu::always_inline]] static void deallocate(
        void* block, std::size_t size,
        std::align_val_t alignment = std::align_val_t{default_alignment}) noexcept {
        if (block != nullptr) {
            blocks::give_back(block, size, static_cast<std::size_t>(alignment));
        }
    }

private:
    // The new_handler may free memory, install another handler, or throw.
    [[nodiscard, gnu::noinline]] static void* allocate_slowly(layout asked) {
        for (;;) {
            bool has_failed = false;
            void* const block = strata::detail::null_if_no_memory(
                [&] { return blocks::take_slowly(asked); },
                [&] { return has_failed = std::get_new_handler() != nullptr; });
            if (!has_failed) {
                return block;
            }
            if (const std::new_handler handler = std::get_new_handler()) {
                handler();
            }
        }
    }
};

}  // namespace strata::global::detail

#endif
