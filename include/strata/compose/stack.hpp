// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_STACK_HPP
#define STRATA_COMPOSE_STACK_HPP

#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <strata/adaptors/detail/block_checker.hpp>
#include <strata/adaptors/detail/upstream_calls.hpp>
#include <strata/core/detail/layer.hpp>
#include <strata/core/resource.hpp>
#include <strata/detail/lifetime_bound.hpp>
#include <strata/sources/heap_resource.hpp>

namespace strata {

/// A value from which a layer of a stack is made: `strata::pool{...}`, or one of your own. Its
/// `resource_type<Upstream>` is constructed from it and, unless `is_source`, an `Upstream*`. It can
/// be copied.
template <class T>
concept description_of_layer =
    std::same_as<std::remove_const_t<decltype(T::is_source)>, bool> && std::copy_constructible<T> &&
    requires { typename T::template resource_type<std::pmr::memory_resource>; };

template <class... Descriptions>
struct branch;

namespace detail {

template <class T>
inline constexpr bool is_branch = false;
template <class... Descriptions>
inline constexpr bool is_branch<branch<Descriptions...>> = true;

template <class T>
concept resource_pointer =
    std::is_pointer_v<T> && std::convertible_to<T, std::pmr::memory_resource*>;
template <class T>
concept pointer_to_const =
    std::is_pointer_v<T> && std::convertible_to<T, const std::pmr::memory_resource*> &&
    !resource_pointer<T>;

struct no_layer;

// Copies of such a tuple ask whether it is an argument of `no_layer`.
template <class T>
inline constexpr bool is_tuple_with_error = false;
template <class... Types>
inline constexpr bool is_tuple_with_error<std::tuple<Types...>> =
    (std::same_as<Types, no_layer> || ...);

/// Takes the place of an argument that is no layer. Its constructor, and nothing else, does not
/// compile: the error says what to write, and is the only one.
struct no_layer : heap {
    template <class T>
        requires(!is_tuple_with_error<T>)
    constexpr no_layer(const T& /*wrong*/) {
        constexpr bool is_resource = std::derived_from<T, std::pmr::memory_resource>;
        static_assert(!is_resource,
                      "strata: here stands a resource; write its address to draw from it, &memory, "
                      "or its description to make a layer, strata::stats{} and not "
                      "stats_resource{}");
        static_assert(!pointer_to_const<T>,
                      "strata: this is the address of a const resource, which serves nobody; give "
                      "that of one that is not const");
        static_assert(is_resource || pointer_to_const<T>,
                      "strata: a layer or branch is given as a description, strata::pool{}, which "
                      "can be copied, as the address of a resource, or, in a fallback, as "
                      "strata::branch{...}");
    }
};

/// The same, for a parameter that the program writes: `stack<int>`.
struct no_parameter : heap {
    template <class T>
    constexpr no_parameter(const T& /*argument*/) {
        static_assert(sizeof(T) == 0,
                      "strata: this parameter of the template is no type of a description; write "
                      "strata::arena and not arena_resource, or a pointer to a resource, "
                      "arena_resource*");
    }
};

template <class T, class Error = no_layer>
using layer_or_error =
    std::conditional_t<description_of_layer<T> || resource_pointer<T> || is_branch<T>, T, Error>;

template <class T>
inline constexpr bool ends_a_stack = resource_pointer<T> || is_branch<T>;
template <description_of_layer T>
inline constexpr bool ends_a_stack<T> = T::is_source && !std::same_as<T, no_layer>;

/// Whether only the last layer is one that ends a stack.
template <class... Layers>
inline constexpr bool is_in_order = true;
template <class First, class... Below>
    requires(sizeof...(Below) > 0)
inline constexpr bool is_in_order<First, Below...> = !ends_a_stack<First> && is_in_order<Below...>;

// The layers from one description down; `type` is the type of the top one. This primary template is
// for layers in a wrong order, which the constructor of the stack refuses.
template <class First, class... Below>
class layers {
public:
    using type = heap_resource;

    explicit layers(const First& /*none*/, const Below&... /*none*/) {}

    template <std::size_t Index>
    [[nodiscard]] type* get() noexcept {
        return nullptr;
    }
};

// In the middle of the stack: the types of the layers below are known.
template <description_of_layer Description, class... Below>
    requires(sizeof...(Below) > 0 && !Description::is_source)
class layers<Description, Below...> {
public:
    using type = typename Description::template resource_type<typename layers<Below...>::type>;

    explicit layers(const Description& description, const Below&... below)
        : below_{below...}, top_{description, below_.template get<0>()} {}

    template <std::size_t Index>
    [[nodiscard]] auto* get() noexcept {
        if constexpr (Index == 0) {
            return &top_;
        } else {
            return below_.template get<Index - 1>();
        }
    }

private:
    layers<Below...> below_;
    type top_;
};

// The default end of the stack: the heap.
template <description_of_layer Description>
    requires(!Description::is_source)
class layers<Description> : public layers<Description, heap> {
public:
    explicit layers(const Description& description)
        : layers<Description, heap>{description, heap{}} {}
};

// The end of the stack: a source that the stack owns,
template <description_of_layer Description>
    requires(Description::is_source)
class layers<Description> {
public:
    using type = typename Description::template resource_type<void>;

    explicit layers(const Description& description) : top_{description} {}

    template <std::size_t Index>
    [[nodiscard]] type* get() noexcept {
        static_assert(Index == 0);
        return &top_;
    }

private:
    type top_;
};

// or a resource that it does not own.
template <resource_pointer Pointer>
class layers<Pointer> {
public:
    using type = std::remove_pointer_t<Pointer>;

    explicit layers(Pointer upstream) : upstream_{upstream} {}

    template <std::size_t Index>
    [[nodiscard]] Pointer get() noexcept {
        static_assert(Index == 0);
        return upstream_;
    }

private:
    Pointer upstream_;
};

template <class Wanted, class... Descriptions>
[[nodiscard]] consteval std::size_t index_of() {
    const bool same[] = {std::same_as<Wanted, Descriptions>...};
    std::size_t index = 0;
    while (index != sizeof...(Descriptions) && !same[index]) {
        ++index;
    }
    return index;
}

}  // namespace detail

/// Resources on top of each other in one object, made from their descriptions, top to bottom.
///
///     strata::stack memory{strata::stats{}, strata::pool{}, strata::arena{.first_chunk = 64_KiB}};
///     std::pmr::vector<int> numbers{&memory};
///     memory.get<strata::stats>().snapshot();
///
/// Routing: a request goes to the top layer, which draws from the one below. The last may be a
/// source (`strata::heap{}`, `strata::fixed_buffer<4096>{}`) or a pointer to a resource; otherwise
/// the stack ends on the heap. Adaptors know the type of the layer below them and call it directly.
/// Strategies call theirs by virtual functions, once a chunk.
/// Lifetime: layers are made from the bottom up and end from the top down. A resource given by its
/// address must outlive the stack. If the stack is the default resource at its end, `strata::debug`
/// among its layers reports that.
/// Overhead: the layers', and 32 bytes for the object.
/// Complexity, errors, threads: those of the layers.
template <class... Descriptions>
    requires(sizeof...(Descriptions) > 0)
class stack final : public detail::direct_calls<stack<Descriptions...>> {
public:
    // By value: the last may be a pointer, which the stack keeps. It copies the rest.
    explicit stack(detail::layer_or_error<Descriptions, detail::no_parameter>... descriptions
                       STRATA_LIFETIME_BOUND)
        : layers_{descriptions...} {
        // Here, not in the class: compilers then have no second error.
        static_assert(detail::is_in_order<Descriptions...>,
                      "strata: a source, or the address of a resource, can only be the last of a "
                      "stack");
    }
    ~stack() override { detail::tell_checker_of_end(*this); }

    /// The layer made from the description at `Index`, counted from the top.
    template <std::size_t Index>
    [[nodiscard]] auto& get() noexcept STRATA_LIFETIME_BOUND {
        static_assert(Index < sizeof...(Descriptions),
                      "strata: the stack has not so many layers; get<0>() is the top one");
        return *layers_.template get<Index>();
    }
    template <std::size_t Index>
    [[nodiscard]] const auto& get() const noexcept STRATA_LIFETIME_BOUND {
        return const_cast<stack*>(this)->get<Index>();
    }
    /// The uppermost layer made from a description of this type.
    template <class Description>
    [[nodiscard]] auto& get() noexcept STRATA_LIFETIME_BOUND {
        return get<index_of<Description>()>();
    }
    template <class Description>
    [[nodiscard]] const auto& get() const noexcept STRATA_LIFETIME_BOUND {
        return get<index_of<Description>()>();
    }

protected:
    // The top layer answers for the stack.
    [[nodiscard]] std::string_view do_name() const noexcept override { return top().name(); }
    [[nodiscard]] std::pmr::memory_resource* do_upstream(
        std::size_t index) const noexcept override {
        return top().upstream(index);
    }
    [[nodiscard]] const resource& do_identity() const noexcept override { return top().identity(); }
    [[nodiscard]] ownership do_owns(const void* block) const noexcept override {
        return top().owns(block);
    }
    [[nodiscard]] strata::usage do_usage() const noexcept override { return top().usage(); }
    void do_list_options(option_list& to) const override { top().list_options(to); }

    [[nodiscard]] void* do_try_allocate(layout wanted) noexcept override {
        return detail::allocate_or_null(*layers_.template get<0>(), wanted);
    }
    [[nodiscard]] std::size_t do_usable_size(const void* block,
                                             layout as) const noexcept override {
        return top().usable_size(block, as);
    }
    [[nodiscard]] bool do_try_expand(void* block, layout as, std::size_t bytes) noexcept override {
        return detail::try_expand(*layers_.template get<0>(), block, as, bytes);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return layers_.template get<0>()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        layers_.template get<0>()->deallocate(block, bytes, alignment);
    }

private:
    friend typename stack::direct_calls;

    // 0 if there is no such layer, to avoid more errors.
    template <class Description>
    [[nodiscard]] static consteval std::size_t index_of() {
        constexpr std::size_t index = detail::index_of<Description, Descriptions...>();
        static_assert(
            index < sizeof...(Descriptions),
            "strata: the stack has no layer that was made from this type; write that of a "
            "description, get<strata::stats>() and not get<stats_resource>(), or the "
            "number of the layer");
        return index < sizeof...(Descriptions) ? index : 0;
    }

    [[nodiscard]] const resource& top() const noexcept { return get<0>(); }

    detail::layers<detail::layer_or_error<Descriptions, detail::no_parameter>...> layers_;
};

template <class... Descriptions>
stack(const Descriptions&...) -> stack<detail::layer_or_error<Descriptions>...>;

}  // namespace strata

#endif
