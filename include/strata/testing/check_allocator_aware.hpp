// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_CHECK_ALLOCATOR_AWARE_HPP
#define STRATA_TESTING_CHECK_ALLOCATOR_AWARE_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/compose/scoped_default_resource.hpp>
#include <strata/testing/checking_resource.hpp>

namespace strata {

/// What the containers of `std::pmr` do with their memory resource. A type keeps to it, or is not
/// allocator-aware.
enum class allocator_rule {
    nesting,          ///< it is `std::uses_allocator`, so a container hands its resource on
    construction,     ///< all memory is from the resource given, and `get_allocator` says so
    copy,             ///< a copy takes the default resource, or the one that is given with it
    move,             ///< takes the resource along; with one that is given, the memory is from that
    copy_assignment,  ///< the target keeps its resource
    move_assignment,  ///< the target keeps its resource, whichever the source has
    swap,             ///< with equal resources takes no other memory
    value,            ///< a copied, moved or assigned value is equal to what it was made from
    cleanup           ///< every block goes back once, with its size and alignment
};
inline constexpr std::size_t allocator_rule_count = 9;

/// A rule that a type breaks, and how.
struct broken_rule {
    allocator_rule rule;
    std::string how;
};

/// What `check_allocator_aware` found: true if no rule is broken. Printed, a line for each.
struct allocator_report {
    std::vector<broken_rule> broken = {};

    [[nodiscard]] explicit operator bool() const noexcept { return broken.empty(); }
};

std::ostream& operator<<(std::ostream& out, allocator_rule rule);
std::ostream& operator<<(std::ostream& out, const allocator_report& report);

namespace detail {

/// Three resources, of which one is the default, and which of them each step took memory from.
class allocator_trial {
public:
    enum place : std::uint8_t { first, second, elsewhere };

    [[nodiscard]] std::pmr::memory_resource* at(place where) noexcept { return &places_[where]; }

    /// Runs a part of the test, which may take memory from these places alone.
    template <class Part>
    void run(allocator_rule rule, const char* what, std::initializer_list<place> allowed,
             const Part& part) {
        const std::array<std::size_t, 3> before = allocations();
        part();
        look(rule, what, allowed, before);
    }

    /// Whether the one object there is takes memory, so that there is something to try. It should
    /// have it from there alone.
    [[nodiscard]] bool has_memory_in(place where);
    /// An object has its memory where it should be, at least so many blocks, and says so if it can.
    template <class T>
    void expect_at(const T& object, place where, allocator_rule rule, const char* what,
                   std::size_t least = 1) {
        expect_memory_at(where, rule, what, least);
        if constexpr (requires { object.get_allocator().resource(); }) {
            if (object.get_allocator().resource() != at(where)) {
                breaks(rule, std::string{what} + ": get_allocator() names another resource");
            }
        }
    }
    template <class T>
    void expect_equal(const T& one, const T& other, const char* what) {
        if constexpr (std::equality_comparable<T>) {
            if (!(one == other)) {
                breaks(allocator_rule::value, std::string{what} + ": the value is another one");
            }
        }
    }
    void breaks(allocator_rule rule, std::string how);

    /// After all objects have ended.
    [[nodiscard]] allocator_report end();

private:
    [[nodiscard]] std::array<std::size_t, 3> allocations() const noexcept;
    void expect_memory_at(place where, allocator_rule rule, const char* what, std::size_t least);
    void look(allocator_rule rule, const char* what, std::initializer_list<place> allowed,
              const std::array<std::size_t, 3>& before);

    std::array<checking_resource, 3> places_;
    scoped_default_resource default_{places_[elsewhere]};
    allocator_report found_;
};

template <class T, class Make>
class allocator_check {
public:
    explicit allocator_check(const Make& make) : make_{make} {}

    [[nodiscard]] allocator_report run() {
        if (!constructs()) {
            return trial_.end();
        }
        nests();
        if constexpr (std::copy_constructible<T>) {
            copies();
        }
        if constexpr (std::move_constructible<T>) {
            moves();
        }
        if constexpr (std::is_copy_assignable_v<T>) {
            assigns_copies();
        }
        if constexpr (std::is_move_assignable_v<T>) {
            assigns_moved();
            swaps();
        }
        return trial_.end();
    }

private:
    using rule = allocator_rule;
    using place = allocator_trial::place;
    static constexpr place first = allocator_trial::first;
    static constexpr place second = allocator_trial::second;
    static constexpr place elsewhere = allocator_trial::elsewhere;
    using allocator = std::pmr::polymorphic_allocator<>;
    static constexpr bool takes_allocator = std::uses_allocator_v<T, allocator>;

    template <class... Arguments>
    static constexpr bool is_made_with_allocator =
        takes_allocator &&
        (std::constructible_from<T, Arguments..., const allocator&> ||
         std::constructible_from<T, std::allocator_arg_t, const allocator&, Arguments...>);

    [[nodiscard]] T made(place where) { return make_(allocator{trial_.at(where)}); }

    template <class... Arguments>
    [[nodiscard]] T made_with(place where, Arguments&&... arguments) {
        return std::make_obj_using_allocator<T>(allocator{trial_.at(where)},
                                                std::forward<Arguments>(arguments)...);
    }

    // What `make` needed only meanwhile may be from elsewhere.
    [[nodiscard]] bool constructs() {
        const T object = made(first);
        if (!trial_.has_memory_in(first)) {
            return false;
        }
        trial_.expect_at(object, first, rule::construction, "made with a resource");
        return true;
    }

    void nests() {
        if constexpr (!takes_allocator) {
            trial_.breaks(rule::nesting,
                          "std::uses_allocator is false: it has no allocator_type, so a container "
                          "does not hand its resource on");
        } else if constexpr (!is_made_with_allocator<T>) {
            trial_.breaks(rule::nesting,
                          "no constructor takes another object, to be moved, and an allocator");
        } else {
            T object = made(first);
            trial_.run(rule::nesting, "moved into a container", {second}, [&] {
                std::pmr::vector<T> all{trial_.at(second)};
                all.push_back(std::move(object));
                trial_.expect_at(all.back(), second, rule::nesting, "moved into a container", 2);
                all.reserve(all.capacity() + 1);
                trial_.expect_at(all.back(), second, rule::nesting, "in a container that has grown",
                                 2);
            });
        }
    }

    void copies() {
        const T object = made(first);
        trial_.run(rule::copy, "copied", {elsewhere}, [&] {
            const T copy{object};
            trial_.expect_at(copy, elsewhere, rule::copy, "copied");
            trial_.expect_equal(copy, object, "copied");
        });
        if constexpr (takes_allocator && !is_made_with_allocator<const T&>) {
            trial_.breaks(rule::copy,
                          "no constructor takes another object, to be copied, and an allocator");
        } else if constexpr (takes_allocator) {
            for (const place to : {first, second}) {
                const char* const what = to == first ? "copied with the resource that it has"
                                                     : "copied with another resource";
                trial_.run(rule::copy, what, {to}, [&] {
                    const T copy = made_with(to, object);
                    trial_.expect_at(copy, to, rule::copy, what);
                    trial_.expect_equal(copy, object, what);
                });
            }
        }
    }

    void moves() {
        const T expected = made(first);
        moves_to("moved", first, expected, [](T& object) { return T{std::move(object)}; });
        if constexpr (is_made_with_allocator<T>) {
            moves_to("moved with the resource that it has", first, expected,
                     [&](T& object) { return made_with(first, std::move(object)); });
            moves_to("moved with another resource", second, expected,
                     [&](T& object) { return made_with(second, std::move(object)); });
        }
    }

    template <class Move>
    void moves_to(const char* what, place to, const T& expected, const Move& move) {
        T object = made(first);
        trial_.run(rule::move, what, {to}, [&] {
            const T moved = move(object);
            trial_.expect_at(moved, to, rule::move, what);
            trial_.expect_equal(moved, expected, what);
        });
    }

    void assigns_copies() {
        for (const place to : {first, second}) {
            const char* const what = to == first ? "assigned a copy of one with the same resource"
                                                 : "assigned a copy of one with another resource";
            const T object = made(first);
            T target = made(to);
            trial_.run(rule::copy_assignment, what, {to}, [&] { target = object; });
            trial_.expect_at(target, to, rule::copy_assignment, what);
            trial_.expect_equal(target, object, what);
        }
        T object = made(first);
        const T expected = made(first);
        T& itself = object;
        trial_.run(rule::copy_assignment, "assigned to itself", {first}, [&] { object = itself; });
        trial_.expect_equal(object, expected, "assigned to itself");
    }

    void assigns_moved() {
        for (const place to : {first, second}) {
            const char* const what = to == first ? "assigned a moved one with the same resource"
                                                 : "assigned a moved one with another resource";
            const T expected = made(first);
            T object = made(first);
            T target = made(to);
            trial_.run(rule::move_assignment, what, {to}, [&] { target = std::move(object); });
            trial_.expect_at(target, to, rule::move_assignment, what);
            trial_.expect_equal(target, expected, what);
        }
    }

    // With unequal resources, the standard leaves it undefined.
    void swaps() {
        T one = made(first);
        T other = made(first);
        trial_.run(rule::swap, "swapped with one that has the same resource", {first}, [&] {
            using std::swap;
            swap(one, other);
        });
        trial_.expect_at(one, first, rule::swap, "swapped");
    }

    const Make& make_;
    allocator_trial trial_;
};

}  // namespace detail

/// Tries whether a type treats its allocator as the containers of `std::pmr` do: when it is made,
/// copied, moved, assigned, swapped and put into a container, with equal and unequal resources.
///
///     auto report = strata::check_allocator_aware([](auto allocator) {
///         return order{"a text that needs memory", allocator};
///     });
///     BOOST_TEST(report);  // or if (!report) std::cerr << report;
///
/// `make` is called many times, with a `std::pmr::polymorphic_allocator<>`, and returns equal
/// values that need memory of it. What the type cannot do, such as copying, is not tried.
///
/// Routing: the test has three resources of its own, one of which is the default resource
/// meanwhile. Memory that comes from none of them, as that of a `std::string`, is not seen. Errors:
/// exceptions of the type and of `make` pass through; nothing is left behind. A type that takes no
/// memory from the resource that it is given breaks `allocator_rule::construction`, since nothing
/// could be tried. Threads: the default resource belongs to the whole program: nothing else may use
/// it meanwhile.
template <class Make>
[[nodiscard]] allocator_report check_allocator_aware(const Make& make) {
    using tried =
        std::remove_cvref_t<std::invoke_result_t<const Make&, std::pmr::polymorphic_allocator<>>>;
    return detail::allocator_check<tried, Make>{make}.run();
}

}  // namespace strata

#endif
