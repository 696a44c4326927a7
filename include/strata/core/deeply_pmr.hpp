// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_DEEPLY_PMR_HPP
#define STRATA_CORE_DEEPLY_PMR_HPP

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <tuple>
#include <type_traits>
#include <utility>

namespace strata {

/// Whether a type of your own is to be trusted where the rules of `deeply_pmr` would say no:
///
///     template <>
///     inline constexpr bool strata::enable_deeply_pmr<file_handle> = true;  // holds no memory
template <class T>
inline constexpr bool enable_deeply_pmr = false;

namespace detail {

template <class T>
[[nodiscard]] consteval auto first_escape();

// Of several types, the first escape in any.
template <class... Types>
struct first_escape_of : std::type_identity<void> {};

template <class First, class... Rest>
struct first_escape_of<First, Rest...>
    : std::conditional_t<std::is_void_v<typename decltype(first_escape<First>())::type>,
                         first_escape_of<Rest...>, decltype(first_escape<First>())> {};

// Pairs and tuples hand the allocator to each of their members.
template <class T>
struct members_of {
    static constexpr bool known = false;
};
template <class First, class Second>
struct members_of<std::pair<First, Second>> : first_escape_of<First, Second> {
    static constexpr bool known = true;
};
template <class... Types>
struct members_of<std::tuple<Types...>> : first_escape_of<Types...> {
    static constexpr bool known = true;
};

// The type that escapes in a `std::type_identity`; that of void if none does.
template <class MaybeConst>
[[nodiscard]] consteval auto first_escape() {
    using type = std::remove_cv_t<MaybeConst>;
    if constexpr (enable_deeply_pmr<type> || std::is_trivially_destructible_v<type>) {
        return std::type_identity<void>{};  // owns no memory
    } else if constexpr (members_of<type>::known) {
        return std::type_identity<typename members_of<type>::type>{};
    } else if constexpr (!std::uses_allocator_v<type, std::pmr::polymorphic_allocator<>>) {
        return std::type_identity<type>{};
    } else if constexpr (requires { typename type::container_type; }) {
        return first_escape<typename type::container_type>();
    } else if constexpr (requires { typename type::value_type; }) {
        return first_escape<typename type::value_type>();
    } else {
        return std::type_identity<void>{};
    }
}

}  // namespace detail

/// The first type inside `T`, or `T` itself, to which a memory resource given to a `T` is not
/// passed on, so that its memory comes from elsewhere; void if there is none.
///
///     strata::resource_escape_t<std::pmr::vector<std::string>>  // is std::string
template <class T>
using resource_escape_t =
    typename decltype(detail::first_escape<std::remove_reference_t<T>>())::type;

/// Whether a `T` that is given a memory resource passes it on to all that it holds.
///
///     static_assert(strata::deeply_pmr<std::pmr::vector<std::pmr::string>>);
///     static_assert(!strata::deeply_pmr<std::pmr::vector<std::string>>);
///
/// Pmr containers do if their elements do; pairs and tuples if all their members do. A class of
/// your own does if it takes a pmr allocator (`std::uses_allocator`). Of the others, a type does if
/// it is trivially destructible, since then it owns no memory, and is taken not to if it is not: a
/// `std::unique_ptr`, a struct of strings. So do `std::optional`, `std::variant` and `std::array`
/// not, even of pmr strings: they hand no allocator on, and the string takes the default resource.
template <class T>
concept deeply_pmr = std::is_void_v<resource_escape_t<T>>;

namespace detail {

// Its name and its parameters are what the compiler prints.
template <class Container, class Escape>
struct every_part_uses_the_resource_of {
    static_assert(std::is_void_v<Escape>,
                  "strata: this container does not pass its memory resource on to all that it "
                  "holds; the type named Escape takes its memory from elsewhere");
};

}  // namespace detail

/// Does not compile, and names the type at fault, unless `T` is `deeply_pmr`.
///
///     strata::assert_deeply_pmr<decltype(words)>();
template <class T>
consteval void assert_deeply_pmr() {
    static_cast<void>(detail::every_part_uses_the_resource_of<T, resource_escape_t<T>>{});
}

}  // namespace strata

#endif
