// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_CORE_USES_RESOURCE_HPP
#define STRATA_CORE_USES_RESOURCE_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <strata/core/deeply_pmr.hpp>
#include <strata/core/detail/text.hpp>

namespace strata {

/// A part of a container that does not use the memory resource it should.
struct resource_escape {
    /// How to get there from the container, as "[3].second"; empty for the container itself. In a
    /// container without indices, [3] is the fourth element in order.
    std::string path;
    /// What it uses instead; null for what takes no pmr allocator, as `std::string`.
    const std::pmr::memory_resource* used = nullptr;
};

namespace detail {

template <class Allocator>
concept pmr_allocator = requires(const Allocator& of) {
    { of.resource() } -> std::convertible_to<const std::pmr::memory_resource*>;
};

// The parts of a value are visited depth first, until one is found that escapes. The path to it is
// put together on the way back, so that nothing is allocated as long as all is well.
class escape_search {
public:
    explicit escape_search(const std::pmr::memory_resource& wanted) : wanted_{wanted} {}

    [[nodiscard]] const std::optional<resource_escape>& found() const noexcept { return found_; }

    template <class T>
    bool finds_in(const T& value) {
        if constexpr (owns_nothing<T>) {
            return false;
        } else if constexpr (requires { value.get_allocator(); }) {
            return is_elsewhere(value.get_allocator()) || finds_among_elements(value);
        } else {
            return finds_in_parts(value);
        }
    }

private:
    template <class T>
    static constexpr bool owns_nothing =
        enable_deeply_pmr<T> || std::is_trivially_destructible_v<T>;

    // --- what the value is -----------------------------------------------------------------

    template <class Allocator>
    bool is_elsewhere(const Allocator& allocator) {
        if constexpr (pmr_allocator<Allocator>) {
            return *allocator.resource() != wanted_ && escapes(allocator.resource());
        } else {
            return escapes(nullptr);
        }
    }

    template <class First, class Second>
    bool finds_in_parts(const std::pair<First, Second>& value) {
        return finds_at(".first", value.first) || finds_at(".second", value.second);
    }

    template <class... Types>
    bool finds_in_parts(const std::tuple<Types...>& value) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (finds_at_index<I>(std::get<I>(value)) || ...);
        }(std::index_sequence_for<Types...>{});
    }

    template <class... Types>
    bool finds_in_parts(const std::variant<Types...>& value) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return ((value.index() == I && finds_at_index<I>(*std::get_if<I>(&value))) || ...);
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

    // A stack or a queue: its container is a protected member `c`, as the standard says.
    template <class T>
        requires requires { typename T::container_type; }
    bool finds_in_parts(const T& value) {
        struct opened : T {
            static const typename T::container_type& container(const T& of) {
                return of.*(&opened::c);
            }
        };
        return finds_in(opened::container(value));
    }

    // Anything else that owns something: it takes no allocator and cannot be looked into.
    template <class T>
    bool finds_in_parts(const T&) {
        return escapes(nullptr);
    }

    template <class T>
    bool finds_among_elements(const T& values) {
        if constexpr (requires { typename T::value_type; }) {
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
    bool finds_at_index(const T& value) {
        return finds_in(value) && is_at(".get<" + decimal(Index) + ">()");
    }

    bool escapes(const std::pmr::memory_resource* used) {
        found_.emplace().used = used;
        return true;
    }

    bool is_at(const std::string& step) {
        found_->path.insert(0, step);
        return true;
    }

    const std::pmr::memory_resource& wanted_;
    std::optional<resource_escape> found_;
};

}  // namespace detail

/// The first part of a container, or the container itself, that does not use the resource; empty
/// if all do. A part uses it if its allocator's resource equals it.
///
///     if (auto escape = strata::find_resource_escape(index, &memory)) {
///         std::cerr << "index" << escape->path << '\n';  // index[3].second
///     }
///
/// Looks into containers, pairs, tuples, optionals, variants, arrays, and the standard's stacks and
/// queues. What else is not trivially destructible and has no `get_allocator()` cannot be looked
/// into and counts as an escape; `enable_deeply_pmr` makes it pass.
///
/// Complexity: linear in the parts that may own memory; O(1) for a vector of numbers. Allocates
/// only for the path to an escape, with `operator new`.
template <class T>
[[nodiscard]] std::optional<resource_escape> find_resource_escape(
    const T& container, const std::pmr::memory_resource* resource) {
    detail::escape_search search{*resource};
    search.finds_in(container);
    return search.found();
}

/// Whether a container and all that it holds now use the resource.
///
///     assert(strata::uses_resource(words, &memory));
///
/// Rules, complexity: those of `find_resource_escape`.
template <class T>
[[nodiscard]] bool uses_resource(const T& container, const std::pmr::memory_resource* resource) {
    return !find_resource_escape(container, resource);
}

}  // namespace strata

#endif
