// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CONTAINERS_USES_RESOURCE_HPP
#define STRATA_CONTAINERS_USES_RESOURCE_HPP

#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <strata/containers/deeply_pmr.hpp>
#include <strata/containers/unique_ptr.hpp>
#include <strata/detail/text.hpp>

namespace strata {

/// A part of a container that does not use the wanted memory resource, or may not.
struct resource_escape {
    /// The path from the container to the part, as "[3].second"; empty for the container itself. In
    /// a container without indices, [3] is the fourth element in order.
    std::string path;
    /// The resource that the part uses instead; null for a part that takes no pmr allocator, such
    /// as `std::string`.
    const std::pmr::memory_resource* used = nullptr;
    /// True if the part certainly does not use the resource. False if the library cannot look into
    /// it.
    bool is_certain = true;
};

namespace detail {

// Gives access to the protected container of the standard's stacks and queues.
template <class T>
struct opened : T {
    [[nodiscard]] static const typename T::container_type& container(const T& of) {
        return of.*(&opened::c);
    }
};

// Visits the parts of a value depth first, until it finds one that escapes. It puts the path
// together on the way back, so it allocates nothing as long as no part escapes.
class escape_search {
public:
    enum class for_what { certain, any };

    escape_search(const std::pmr::memory_resource& wanted, for_what search)
        : wanted_{wanted},
          looks_for_any_{search == for_what::any} {}

    [[nodiscard]] const std::optional<resource_escape>& found() const noexcept { return found_; }

    template <class T>
    bool finds_in(const T& value) {
        if constexpr (owns_nothing<T>) {
            return false;
        } else if constexpr (lists_parts<T>) {
            return is_elsewhere(value) || finds_in_tuple(resource_parts(value), ".parts");
        } else if constexpr (requires { value.get_allocator(); }) {
            return is_elsewhere(value) || finds_among_elements(value) ||
                   (!is_known_type<T> && may_escape());
        } else {
            return finds_in_parts(value);
        }
    }

private:
    template <class T>
    static constexpr bool owns_nothing =
        enable_deeply_pmr<T> || std::is_trivially_destructible_v<T>;

    // --- what the value is -----------------------------------------------------------------

    template <class T>
    bool is_elsewhere(const T& value) {
        if constexpr (requires { value.get_allocator(); }) {
            const auto& allocator = value.get_allocator();
            using family = pmr_family<std::remove_cvref_t<decltype(allocator)>>;
            if constexpr (std::is_void_v<typename family::type>) {
                return escapes(nullptr);
            } else {
                return !family::is_on(allocator, wanted_) && escapes(family::used_by(allocator));
            }
        } else {
            return false;
        }
    }

    template <class First, class Second>
    bool finds_in_parts(const std::pair<First, Second>& value) {
        return finds_at(".first", value.first) || finds_at(".second", value.second);
    }

    template <class... Types>
    bool finds_in_parts(const std::tuple<Types...>& value) {
        return finds_in_tuple(value, ".get");
    }

    template <class... Types>
    bool finds_in_tuple(const std::tuple<Types...>& value, const char* step) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (finds_at_index<I>(std::get<I>(value), step) || ...);
        }(std::index_sequence_for<Types...>{});
    }

    template <class... Types>
    bool finds_in_parts(const std::variant<Types...>& value) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return ((value.index() == I && finds_at_index<I>(*std::get_if<I>(&value), ".get")) ||
                    ...);
        }(std::index_sequence_for<Types...>{});
    }

    template <class T>
    bool finds_in_parts(const std::optional<T>& value) {
        return value && finds_at(".value()", *value);
    }

    template <class T, std::size_t Size>
    bool finds_in_parts(const std::array<T, Size>& value) {
        return finds_among_elements(value);
    }

    // Made by `make_unique`: looks at the block and at the parts of the object in it.
    template <class T>
    bool finds_in_parts(const std::unique_ptr<T, deleter<T>>& value) {
        if (value == nullptr) {
            return false;
        }
        const std::pmr::memory_resource* const used = value.get_deleter().resource();
        if (used == nullptr || *used != wanted_) {
            return escapes(used);
        }
        if constexpr (std::is_array_v<T>) {
            return finds_among_elements(std::span{value.get(), value.get_deleter().size()});
        } else {
            return (!value.get_deleter().made_as_this() && may_escape()) ||
                   finds_at(".operator*()", *value);
        }
    }

    // A stack or a queue: its container is a protected member `c`, as the standard says.
    template <class T>
    requires is_known_type<T> && requires { typename T::container_type; }
    bool finds_in_parts(const T& value) { return finds_in(opened<T>::container(value)); }

    // Any other type that owns something: it shows no allocator, and nothing can look into it.
    template <class T>
    bool finds_in_parts(const T&) {
        return may_escape();
    }

    template <class T>
    bool finds_among_elements(const T& values) {
        if constexpr (requires {
                          typename T::value_type;
                          values.begin() != values.end();
                      }) {
            if constexpr (!owns_nothing<typename T::value_type>) {
                std::size_t index = 0;
                for (const auto& value : values) {
                    if (finds_in(value)) {
                        return is_at('[' + decimal(index) + ']');
                    }
                    ++index;
                }
            }
        }
        return false;
    }

    // --- where it is -----------------------------------------------------------------------

    template <class T>
    bool finds_at(const char* step, const T& value) {
        return finds_in(value) && is_at(step);
    }

    template <std::size_t Index, class T>
    bool finds_at_index(const T& value, const char* step) {
        return finds_in(value) && is_at(std::string{step} + '<' + decimal(Index) + ">()");
    }

    bool escapes(const std::pmr::memory_resource* used) {
        found_.emplace().used = used;
        return true;
    }
    bool may_escape() {
        if (looks_for_any_) {
            found_.emplace().is_certain = false;
        }
        return looks_for_any_;
    }

    bool is_at(const std::string& step) {
        found_->path.insert(0, step);
        return true;
    }

    const std::pmr::memory_resource& wanted_;
    bool looks_for_any_;
    std::optional<resource_escape> found_;
};

}  // namespace detail

/// The first part of a container, or the container itself, that does not use the resource. If there
/// is none, the first part that the library cannot look into; empty if all parts use the resource.
/// A part uses the resource if the resource of its allocator is equal to it.
///
///     if (auto escape = strata::find_resource_escape(index, &memory)) {
///         std::cerr << "index" << escape->path << '\n';  // index[3].second
///     }
///
/// Looks into the standard's and Boost's containers, pairs, tuples, optionals, variants, arrays,
/// `strata::unique_ptr`, and the standard's stacks and queues. Looks also into the parts that a
/// class lists in `resource_parts` (see `enable_deeply_pmr`); their paths are ".parts<0>()". Cannot
/// look into any other type that is not trivially destructible: a class of your own with a
/// `get_allocator()`, a `std::function`, an object of a derived class in a `strata::unique_ptr`.
/// For Boost's own allocators, include interop/boost_pmr.hpp.
///
/// Complexity: linear in the parts that may own memory; O(1) for a vector of numbers. Visits them
/// twice if no part certainly escapes. Allocates only the path to an escape, with `operator new`.
template <class T>
[[nodiscard]] std::optional<resource_escape> find_resource_escape(
    const T& container, const std::pmr::memory_resource* resource) {
    using search_for = detail::escape_search::for_what;
    for (const auto what : {search_for::certain, search_for::any}) {
        detail::escape_search search{*resource, what};
        if (search.finds_in(container)) {
            return search.found();
        }
    }
    return std::nullopt;
}

/// Whether a container and all that it holds now use the resource. `unknown` if the library cannot
/// look into some part and all others use the resource.
///
/// Rules, complexity: those of `find_resource_escape`.
template <class T>
[[nodiscard]] resource_use resource_use_of(const T& container,
                                           const std::pmr::memory_resource* resource) {
    const std::optional<resource_escape> escape = find_resource_escape(container, resource);
    return !escape              ? resource_use::yes
           : escape->is_certain ? resource_use::no
                                : resource_use::unknown;
}

/// Whether a container and all that it holds now certainly use the resource.
///
///     assert(strata::uses_resource(words, &memory));
///
/// Rules, complexity: those of `find_resource_escape`.
template <class T>
[[nodiscard]] bool uses_resource(const T& container, const std::pmr::memory_resource* resource) {
    return resource_use_of(container, resource) == resource_use::yes;
}

}  // namespace strata

#endif
