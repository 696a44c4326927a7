// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_INTEROP_DETAIL_GLOBAL_INITIAL_HPP
#define STRATA_INTEROP_DETAIL_GLOBAL_INITIAL_HPP

#include <atomic>
#include <concepts>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>

#include <strata/core/detail/allocate_from.hpp>
#include <strata/core/layer_tree.hpp>
#include <strata/core/layout.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/unwinding.hpp>
#include <strata/interop/detail/global_program.hpp>
#include <strata/strategies/concurrent_pool_resource.hpp>

namespace strata::global::detail {

/// The resource type of an object: its own type, or the type of the resource that it owns
/// (`built_strategy`).
template <class Given>
struct resource_of {
    using type = Given;
    static constexpr bool is_owned = false;
};
template <class Given>
    requires std::convertible_to<Given&, strata::resource&> &&
             (!std::derived_from<Given, std::pmr::memory_resource>)
struct resource_of<Given> {
    using type = strata::resource;
    static constexpr bool is_owned = true;
};

/// A `strata::stack`: it hands each call to its top layer.
template <class Type>
concept has_layers = requires(Type& of) { of.template get<0>(); };

/// The resource of the expression of STRATA_GLOBAL_RESOURCE: made at the first use, never
/// destroyed.
template <auto Expression>
class initial_resource {
    using result = decltype(Expression());
    using given = std::remove_reference_t<result>;
    static constexpr bool is_owned = resource_of<given>::is_owned;

public:
    using type = typename resource_of<given>::type;
    static_assert(
        std::derived_from<type, std::pmr::memory_resource> && !std::is_const_v<type>,
        "strata: STRATA_GLOBAL_RESOURCE takes an expression of a memory resource, or that "
        "gives a reference to one");
    static_assert(!std::is_rvalue_reference_v<result>,
                  "strata: STRATA_GLOBAL_RESOURCE takes an object that lasts, or makes one");

    [[nodiscard]] static std::pmr::memory_resource* make() {
        if constexpr (std::is_reference_v<result>) {
            refer_to(Expression());
        } else {
            given* const made = ::new (static_cast<void*>(place_)) given(Expression());
            if constexpr (is_owned) {
                refer_to(*made);
            }
        }
        return get();
    }

    [[nodiscard]] static type* get() noexcept {
        if constexpr (is_held) {
            return reinterpret_cast<type*>(place_);
        } else {
            return referred_.load(std::memory_order_relaxed);
        }
    }

    /// The resource by its own type if it is one of this library, so that its calls are not
    /// virtual.
    [[nodiscard]] static auto& known() noexcept {
        using callee = std::conditional_t<std::derived_from<type, strata::resource>, type,
                                          std::pmr::memory_resource>;
        return static_cast<callee&>(*get());
    }

    /// The resource whose fast paths serve, by its own type: the resource itself, the top layer of
    /// a stack, or the pool on top of a strategy. Null if a strategy has another layer on top.
    [[nodiscard]] static auto* quick() noexcept {
        if constexpr (is_owned) {
            return pool_on_top_.load(std::memory_order_relaxed);
        } else if constexpr (has_layers<type>) {
            return std::addressof(get()->template get<0>());
        } else {
            return get();
        }
    }
    /// Fast paths serve sizes below it: see `maker`.
    inline static constinit std::atomic<std::size_t> quick_limit = 0;

private:
    static void refer_to(given& to) noexcept {
        if constexpr (is_owned) {
            strata::resource& whole = to;
            referred_ = std::addressof(whole);
            pool_on_top_ = const_cast<concurrent_pool_resource*>(
                strata::detail::part_of<concurrent_pool_resource>(whole.identity()));
        } else {
            referred_ = std::addressof(to);
        }
    }

    struct nothing {};
    static constexpr bool is_made = !std::is_reference_v<result>;
    static constexpr bool is_held = is_made && !is_owned;

    // The object made here, and the address of the resource if the object is not the resource.
    inline static constinit std::atomic<type*> referred_ = nullptr;
    inline static constinit std::atomic<concurrent_pool_resource*> pool_on_top_ = nullptr;
    alignas(std::conditional_t<is_made, given, nothing>) inline static constinit std::byte
        place_[is_made ? sizeof(std::conditional_t<is_made, given, nothing>) : 1]{};
};

/// The resource for a request now: the initial one, another one, or the heap.
[[nodiscard]] inline std::pmr::memory_resource* choose(const thread_state& mine,
                                                       const maker& by) noexcept {
    std::pmr::memory_resource* const to = installed.load(std::memory_order_acquire);
    if (to == nullptr || mine.route != new_route::usual) [[unlikely]] {
        return resource_or_heap(by);
    }
    return to;
}

/// Allocates `whole`, which is the request `asked` with its header, from `to`, the result of
/// `choose`. Calls of the initial resource are not virtual if its type is known.
template <auto Expression>
[[nodiscard, gnu::always_inline]] inline void* allocate_from_chosen(std::pmr::memory_resource* to,
                                                                    thread_state& mine,
                                                                    layout whole, layout asked) {
    if (mine.is_inside()) [[unlikely]] {
        return to->allocate(whole.size, whole.alignment);  // the heap, which makes no foreign call
    }
    return strata::detail::within<inside_resource>(
        [&] {
            source.tell_watchers(asked);
            return to == initial_resource<Expression>::get()
                       ? strata::detail::allocate_from(initial_resource<Expression>::known(),
                                                       whole.size, whole.alignment)
                       : strata::detail::allocate_from(*to, whole.size, whole.alignment);
        },
        mine);
}

}  // namespace strata::global::detail

#endif
