// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CONTAINERS_DEEPLY_PMR_HPP
#define STRATA_CONTAINERS_DEEPLY_PMR_HPP

#include <concepts>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace strata {

/// Whether memory comes from a resource. `unknown` if the library cannot look into a part.
enum class resource_use { no, yes, unknown };

/// Whether `deeply_pmr` trusts a type of your own for which its rules do not say yes:
///
///     template <>
///     inline constexpr bool strata::enable_deeply_pmr<file_handle> = true;  // holds no memory
///
/// A class that the rules cannot judge may list its parts instead; the rules then judge the parts:
///
///     struct person {
///         using allocator_type = std::pmr::polymorphic_allocator<>;
///         ...
///         std::pmr::string name;
///         std::pmr::vector<int> marks;
///
///         friend auto resource_parts(const person& of) { return std::tie(of.name, of.marks); }
///     };
template <class T>
inline constexpr bool enable_deeply_pmr = false;

template <class T>
class deleter;

namespace detail {

/// Describes an allocator that draws from a memory resource. A container hands it on to elements
/// that take an allocator of this `type`.
template <class Allocator>
struct pmr_family {
    using type = void;  // draws from no memory resource
};

template <class Allocator>
requires std::derived_from<Allocator,
                           std::pmr::polymorphic_allocator<typename Allocator::value_type>>
struct pmr_family<Allocator> {
    using type = std::pmr::polymorphic_allocator<>;

    [[nodiscard]] static bool is_on(const Allocator& one, const std::pmr::memory_resource& wanted) {
        return *one.resource() == wanted;
    }
    [[nodiscard]] static const std::pmr::memory_resource* used_by(const Allocator& one) {
        return one.resource();
    }
};

template <class T>
concept lists_parts = requires(const T& of) {
    std::tuple_size<decltype(resource_parts(of))>::value;
};

template <class T>
[[nodiscard]] consteval bool is_in(std::string_view name_space) {
    const std::string_view text = __PRETTY_FUNCTION__;  // "... [T = std::vector<int>]"
    constexpr std::string_view before = "T = ";
    return text.substr(text.find(before) + before.size()).starts_with(name_space);
}

/// Whether the library knows what a `T` does with an allocator: true for types of the standard and
/// Boost.
template <class T>
inline constexpr bool is_known_type = is_in<T>("std::") || is_in<T>("boost::");

// What a `T` hands on: its own type of allocator, otherwise the one that it got itself.
template <class T, class Given = std::pmr::polymorphic_allocator<>>
struct family_of {
    using type = Given;
};
template <class T, class Given>
    requires(requires { typename T::allocator_type; } &&
             !std::is_void_v<typename pmr_family<typename T::allocator_type>::type>)
struct family_of<T, Given> : pmr_family<typename T::allocator_type> {};

// --- what is known of a type --------------------------------------------------------------------

template <resource_use Use, class Escape = void>
struct verdict {
    static constexpr resource_use use = Use;
    using type = Escape;
};
using passes_on = verdict<resource_use::yes>;

// `Family` is the type of allocator that the type gets. A type that contains itself finds itself in
// `Seen`; then its other parts decide.
template <class T, class Family, class... Seen>
struct judged;

// The first of several types that does not pass the resource on. If there is none, the first for
// which that is unknown.
template <class Types, class Family, class... Seen>
struct judged_all {
    using result = passes_on;
};
template <class First, class... Rest, class Family, class... Seen>
struct judged_all<std::tuple<First, Rest...>, Family, Seen...> {
    using first = typename judged<std::remove_cvref_t<First>, Family, Seen...>::result;
    using rest = typename judged_all<std::tuple<Rest...>, Family, Seen...>::result;
    static constexpr bool is_first =
        first::use == resource_use::no ||
        (first::use == resource_use::unknown && rest::use != resource_use::no);
    using result = std::conditional_t<is_first, first, rest>;
};

// Pairs and tuples hand the allocator to each of their members.
template <class T>
struct members_of {
    using type = void;
};
template <class First, class Second>
struct members_of<std::pair<First, Second>> {
    using type = std::tuple<First, Second>;
};
template <class... Types>
struct members_of<std::tuple<Types...>> {
    using type = std::tuple<Types...>;
};

// The program chooses the resource of each such object; a container does not hand its own on.
template <class T>
inline constexpr bool has_own_resource = false;
template <class T>
inline constexpr bool has_own_resource<std::unique_ptr<T, deleter<T>>> = true;

// The outermost container does not get its allocator from another container. So its own allocator
// must be of the family, but it need not accept every allocator of the family.
template <class T, class Family>
concept has_allocator_of =
    std::same_as<typename pmr_family<typename T::allocator_type>::type, Family>;

// Boost's maps construct their pairs in several ways, some of which pass on no allocator but one of
// Boost's own.
template <class T, class Family>
concept is_unsure_of_pairs =
    is_in<T>("boost::") && !is_in<Family>("boost::") &&
    !std::is_void_v<typename members_of<typename T::value_type>::type> &&
    !std::is_trivially_destructible_v<typename T::value_type>;

template <class T, class Family, class... Seen>
[[nodiscard]] consteval auto judge() {
    using handed_on = typename family_of<T, Family>::type;
    if constexpr (enable_deeply_pmr<T> || std::is_trivially_destructible_v<T> ||
                  (std::same_as<T, Seen> || ...)) {
        return passes_on{};
    } else if constexpr (!std::is_void_v<typename members_of<T>::type>) {
        return typename judged_all<typename members_of<T>::type, Family, Seen..., T>::result{};
    } else if constexpr (has_own_resource<T>) {
        return verdict<resource_use::unknown, T>{};
    } else if constexpr (!std::uses_allocator_v<T, Family> &&
                         !(sizeof...(Seen) == 0 && has_allocator_of<T, Family>)) {
        constexpr bool is_sure = is_known_type<T> || requires {
            typename T::allocator_type;
        };
        constexpr resource_use use = is_sure ? resource_use::no : resource_use::unknown;
        return verdict<use, T>{};
    } else if constexpr (lists_parts<T>) {
        using parts = decltype(resource_parts(std::declval<const T&>()));
        return typename judged_all<parts, handed_on, Seen..., T>::result{};
    } else if constexpr (requires { typename T::container_type; }) {
        return typename judged<typename T::container_type, handed_on, Seen..., T>::result{};
    } else if constexpr (is_unsure_of_pairs<T, handed_on>) {
        return verdict<resource_use::unknown, typename T::value_type>{};
    } else if constexpr (requires { typename T::value_type; }) {
        return typename judged<typename T::value_type, handed_on, Seen..., T>::result{};
    } else {
        return passes_on{};
    }
}

template <class T, class Family, class... Seen>
struct judged {
    using result = decltype(judge<std::remove_cv_t<T>, Family, Seen...>());
};

template <class T>
using judgement = typename judged<T, typename family_of<T>::type>::result;

}  // namespace detail

/// Whether a `T` that is given a memory resource passes it on to everything that it holds.
/// `unknown` if the type does not show it.
template <class T>
inline constexpr resource_use passes_resource_on = detail::judgement<std::remove_cvref_t<T>>::use;

/// The first type, among `T` and the types inside it, that does not get the memory resource of the
/// `T`, and so takes its memory from elsewhere. If there is none, the first type for which that is
/// unknown; otherwise void.
///
///     strata::resource_escape_t<std::pmr::vector<std::string>>  // is std::string
template <class T>
using resource_escape_t = typename detail::judgement<std::remove_cvref_t<T>>::type;

/// Whether a `T` that is given a memory resource certainly passes it on to everything that it
/// holds.
///
///     static_assert(strata::deeply_pmr<std::pmr::vector<std::pmr::string>>);
///     static_assert(!strata::deeply_pmr<std::pmr::vector<std::string>>);
///
/// The rules:
/// - a trivially destructible type passes it on, since it owns no memory;
/// - a pmr container, also Boost's, does if its elements do;
/// - a pair or a tuple does if all its members do;
/// - a class of your own that takes a pmr allocator (`std::uses_allocator`) does if all parts that
///   it lists in `resource_parts` do; without such a list, its elements decide (`value_type`), and
///   without elements the library trusts it;
/// - a class of your own with another `allocator_type` does not; for any other class it is unknown;
/// - for `strata::unique_ptr` it is unknown, because its object has a resource of its own;
/// - any other type of the standard or Boost does not. That includes `std::optional`,
///   `std::variant` and `std::array`, even of pmr strings: they pass no allocator on, so the string
///   takes the default resource.
template <class T>
concept deeply_pmr = passes_resource_on<T>
== resource_use::yes;

namespace detail {

// The compiler prints the name and the parameters of this class in its error.
template <class Container, class Escape>
struct every_part_uses_the_resource_of {
    static_assert(std::is_void_v<Escape>,
                  "strata: this container does not pass its memory resource on to all that it "
                  "holds; the type named Escape takes its memory from elsewhere, or may");
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
