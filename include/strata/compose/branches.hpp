// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_COMPOSE_BRANCHES_HPP
#define STRATA_COMPOSE_BRANCHES_HPP

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <strata/adaptors/fallback_resource.hpp>
#include <strata/adaptors/segregator_resource.hpp>
#include <strata/compose/stack.hpp>
#include <strata/core/label.hpp>

namespace strata {

/// A chain of layers as one branch of a `fallback` or `segregator`, top to bottom. Like a stack, it
/// ends on a source or a pointer to a resource, otherwise on the heap.
///
///     strata::branch{strata::pool{}, strata::arena{}}
template <class... Descriptions>
struct branch {
    constexpr explicit branch(const std::type_identity_t<Descriptions>&... descriptions)
        : layers{descriptions...} {
        static_assert(detail::is_in_order<Descriptions...>,
                      "strata: a source, or the address of a resource, can only be the last of a "
                      "branch");
    }

    std::tuple<Descriptions...> layers;

    friend constexpr bool operator==(const branch&, const branch&) = default;
};

template <class... Descriptions>
branch(const Descriptions&...) -> branch<detail::layer_or_error<Descriptions>...>;

/// What a description accepts as a branch: one description, a pointer to a resource, or a `branch`
/// of several.
template <class T>
concept description_of_branch =
    description_of_layer<T> || detail::resource_pointer<T> || detail::is_branch<T>;

namespace detail {

// The layers of a branch.
template <class... Descriptions>
class layers<branch<Descriptions...>> : public layers<Descriptions...> {
public:
    explicit layers(const branch<Descriptions...>& of)
        : layers{of, std::index_sequence_for<Descriptions...>{}} {}

private:
    template <std::size_t... Index>
    layers(const branch<Descriptions...>& of, std::index_sequence<Index...> /*of them*/)
        : layers<Descriptions...>{std::get<Index>(of.layers)...} {}
};

// The resource of a description with branches: the branches, and the adaptor above them.
template <class Adaptor, class... Branches>
class branched;

template <class Branch>
using top_of = typename layers<Branch>::type;

}  // namespace detail

/// Describes a `fallback_resource` and its branches, which are tried in turn.
///
///     strata::stack memory{strata::stats{},
///                          strata::fallback{strata::fixed_buffer<4096>{}, strata::pool{}}};
///     memory.get<1>().get<0>().needed_bytes();  // first branch of layer 1
template <class... Branches>
struct fallback {
    constexpr explicit fallback(const std::type_identity_t<Branches>&... of) : branches{of...} {}
    constexpr explicit fallback(const label& its_name,
                                const std::type_identity_t<Branches>&... of)
        : branches{of...}, name{its_name} {}

    std::tuple<Branches...> branches;
    label name = {};

    template <class Upstream>
    using resource_type =
        detail::branched<fallback_resource<detail::top_of<Branches>...>, Branches...>;
    static constexpr bool is_source = true;

    friend constexpr bool operator==(const fallback&, const fallback&) = default;
};

template <class... Branches>
fallback(const Branches&...) -> fallback<detail::layer_or_error<Branches>...>;
template <class... Branches>
fallback(const label&, const Branches&...)
    -> fallback<detail::layer_or_error<Branches>...>;

/// Describes a `segregator_resource` and its branches, one more than there are thresholds.
///
///     strata::stack memory{
///         strata::segregator{strata::up_to{256}, strata::pool{}, strata::heap{}}};
template <class Thresholds, class... Branches>
struct segregator {
    constexpr explicit segregator(const Thresholds& between,
                                  const std::type_identity_t<Branches>&... of)
        : thresholds{between}, branches{of...} {}
    constexpr explicit segregator(const label& its_name, const Thresholds& between,
                                  const std::type_identity_t<Branches>&... of)
        : thresholds{between}, branches{of...}, name{its_name} {}

    Thresholds thresholds;
    std::tuple<Branches...> branches;
    label name = {};

    template <class Upstream>
    using resource_type =
        detail::branched<segregator_resource<detail::top_of<Branches>...>, Branches...>;
    static constexpr bool is_source = true;

    friend constexpr bool operator==(const segregator&, const segregator&) = default;
};

template <class Thresholds, class... Branches>
segregator(const Thresholds&, const Branches&...)
    -> segregator<Thresholds, detail::layer_or_error<Branches>...>;
template <class Thresholds, class... Branches>
segregator(const label&, const Thresholds&, const Branches&...)
    -> segregator<Thresholds, detail::layer_or_error<Branches>...>;

namespace detail {

// A base class, so that it is constructed before the adaptor and destroyed after it.
template <class... Branches>
class layers_of_branches {
public:
    explicit layers_of_branches(const std::tuple<Branches...>& described) : all_{described} {}

    /// A layer of a branch, by default the top one.
    template <std::size_t Branch, std::size_t Layer = 0>
    [[nodiscard]] auto& get() noexcept {
        static_assert(Branch < sizeof...(Branches),
                      "strata: there are not so many branches; get<0>() is of the first one");
        return *std::get<Branch>(all_).template get<Layer>();
    }

private:
    std::tuple<layers<Branches>...> all_;
};

template <class Adaptor, class... Branches>
class branched final : private layers_of_branches<Branches...>, public Adaptor {
public:
    explicit branched(const fallback<Branches...>& description)
        : branched{description.branches, std::index_sequence_for<Branches...>{},
                   description.name} {}
    template <class Thresholds>
    explicit branched(const segregator<Thresholds, Branches...>& description)
        : branched{description.branches, std::index_sequence_for<Branches...>{},
                   description.name, description.thresholds} {}

    using layers_of_branches<Branches...>::get;

private:
    template <std::size_t... Branch, class... Options>
    branched(const std::tuple<Branches...>& described, std::index_sequence<Branch...> /*of them*/,
             const Options&... options)
        : layers_of_branches<Branches...>{described},
          Adaptor{options..., &layers_of_branches<Branches...>::template get<Branch>()...} {}
};

}  // namespace detail

}  // namespace strata

#endif
