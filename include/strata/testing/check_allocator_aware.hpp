// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#ifndef STRATA_TESTING_CHECK_ALLOCATOR_AWARE_HPP
#define STRATA_TESTING_CHECK_ALLOCATOR_AWARE_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <memory_resource>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/compose/scoped_default_resource.hpp>
#include <strata/testing/checking_resource.hpp>

namespace strata {

/// How containers of `std::pmr` treat their memory resource: the rules of an allocator-aware type.
enum class allocator_rule {
    nesting,          ///< it is `std::uses_allocator`, so a container hands its resource on
    construction,     ///< all memory is from the resource given, and `get_allocator` says so
    copy,             ///< a copy takes the default resource, or the one that is given with it
    move,             ///< a move keeps the resource, or takes the one that is given with it
    copy_assignment,  ///< the target keeps its resource
    move_assignment,  ///< the target keeps its resource, whichever the source has
    swap,             ///< a swap with equal resources takes no memory from others
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

    /// Whether no rule is broken.
    [[nodiscard]] explicit operator bool() const noexcept { return broken.empty(); }
};

std::ostream& operator<<(std::ostream& out, allocator_rule rule);
std::ostream& operator<<(std::ostream& out, const allocator_report& report);

namespace detail {

/// The places that memory may come from in a test: three resources, one of them the default.
class allocator_trial {
public:
    enum place : std::uint8_t { first, second, elsewhere };
    using counts = std::array<std::size_t, 3>;

    allocator_trial();

    [[nodiscard]] std::pmr::memory_resource* at(place where) noexcept { return &places_[where]; }
    [[nodiscard]] const checking_resource& check(place where) const noexcept {
        return places_[where];
    }
    [[nodiscard]] counts live() const noexcept;
    [[nodiscard]] counts requests() const noexcept;

    void breaks(allocator_rule rule, std::string how);
    /// After all objects have ended.
    [[nodiscard]] allocator_report end();

private:
    std::array<checking_resource, 3> places_;
    scoped_default_resource default_{places_[elsewhere]};
    allocator_report found_;
};

/// One thing that is tried, begun before there is any object of it. Its result is to have its
/// memory from one place.
class allocator_step {
public:
    allocator_step(allocator_trial& in, allocator_rule rule, const char* what,
                   allocator_trial::place to);

    /// From here on memory is taken for the result.
    void acts() { requests_ = in_.requests(); }
    /// The result is there, and the object that it was made from as well.
    template <class T>
    void has_made(const T& result) {
        expect_requests();
        if constexpr (requires { result.get_allocator().resource(); }) {
            if (result.get_allocator().resource() != in_.at(to_)) {
                breaks("get_allocator() names another resource");
            }
        }
    }
    template <class T>
    void expect_equal(const T& result, const T& expected) {
        if constexpr (std::equality_comparable<T>) {
            if (!(result == expected)) {
                in_.breaks(allocator_rule::value,
                           std::string{what_} + ": the value is another one");
            }
        }
    }
    /// The result is all that is left of this step.
    void expect_memory();

private:
    void expect_requests();
    void breaks(const std::string& how);

    allocator_trial& in_;
    allocator_rule rule_;
    const char* what_;
    allocator_trial::place to_;
    allocator_trial::counts live_;      // before
    allocator_trial::counts requests_;  // before
    bool is_broken_ = false;
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
        }
        if constexpr (std::is_swappable_v<T>) {
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

    // An object that can end before what was made from it.
    struct held {
        T value;
    };
    using holder = std::unique_ptr<held>;

    [[nodiscard]] T made(place where) { return make_(allocator{trial_.at(where)}); }
    [[nodiscard]] holder hold(place where) { return holder{new held{made(where)}}; }

    template <class... Arguments>
    [[nodiscard]] T made_with(place where, Arguments&&... arguments) {
        return std::make_obj_using_allocator<T>(allocator{trial_.at(where)},
                                                std::forward<Arguments>(arguments)...);
    }

    // Temporaries of `make` may come from elsewhere.
    [[nodiscard]] bool constructs() {
        allocator_step step{trial_, rule::construction, "made with a resource", first};
        const T object = made(first);
        if (trial_.live()[first] == 0) {
            trial_.breaks(rule::construction,
                          "made with a resource: it takes no memory from it, so nothing could be "
                          "tried");
            return false;
        }
        step.acts();
        step.has_made(object);
        step.expect_memory();
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
            std::pmr::vector<T> all{trial_.at(second)};
            all.reserve(1);
            allocator_step step{trial_, rule::nesting, "moved into a container", second};
            holder object = hold(first);
            step.acts();
            all.push_back(std::move(object->value));
            step.has_made(all.back());
            object.reset();
            step.expect_memory();
            grows(all);
        }
    }

    void grows(std::pmr::vector<T>& of) {
        allocator_step step{trial_, rule::nesting, "in a container that has grown", second};
        step.acts();
        of.reserve(of.capacity() + 1);
        step.has_made(of.back());
    }

    void copies() {
        copies_to("copied", elsewhere, [](const T& object) { return T(object); });
        if constexpr (takes_allocator && !is_made_with_allocator<const T&>) {
            trial_.breaks(rule::copy,
                          "no constructor takes another object, to be copied, and an allocator");
        } else if constexpr (takes_allocator) {
            copies_to("copied with the resource that it has", first,
                      [&](const T& object) { return made_with(first, object); });
            copies_to("copied with another resource", second,
                      [&](const T& object) { return made_with(second, object); });
        }
    }

    template <class Copy>
    void copies_to(const char* what, place to, const Copy& copy) {
        const T object = made(first);
        allocator_step step{trial_, rule::copy, what, to};
        step.acts();
        const T result = copy(object);
        step.has_made(result);
        step.expect_equal(result, object);
        step.expect_memory();
    }

    void moves() {
        moves_to("moved", first, [](T& object) { return T(std::move(object)); });
        if constexpr (is_made_with_allocator<T>) {
            moves_to("moved with the resource that it has", first,
                     [&](T& object) { return made_with(first, std::move(object)); });
            moves_to("moved with another resource", second,
                     [&](T& object) { return made_with(second, std::move(object)); });
        }
    }

    template <class Move>
    void moves_to(const char* what, place to, const Move& move) {
        const T expected = made(first);
        allocator_step step{trial_, rule::move, what, to};
        holder object = hold(first);
        step.acts();
        const T result = move(object->value);
        step.has_made(result);
        step.expect_equal(result, expected);
        object.reset();
        step.expect_memory();
    }

    void assigns_copies() {
        assigns(rule::copy_assignment, "assigned a copy of one with the same resource", first,
                [](T& to, T& from) { to = std::as_const(from); });
        assigns(rule::copy_assignment, "assigned a copy of one with another resource", second,
                [](T& to, T& from) { to = std::as_const(from); });
        const T expected = made(first);
        allocator_step step{trial_, rule::copy_assignment, "assigned to itself", first};
        T object = made(first);
        const T& itself = object;
        step.acts();
        object = itself;
        step.has_made(object);
        step.expect_equal(object, expected);
    }

    void assigns_moved() {
        assigns(rule::move_assignment, "assigned a moved one with the same resource", first,
                [](T& to, T& from) { to = std::move(from); });
        assigns(rule::move_assignment, "assigned a moved one with another resource", second,
                [](T& to, T& from) { to = std::move(from); });
    }

    template <class Assign>
    void assigns(rule of, const char* what, place to, const Assign& assign) {
        const T expected = made(first);
        allocator_step step{trial_, of, what, to};
        T target = made(to);
        holder object = hold(first);
        step.acts();
        assign(target, object->value);
        step.has_made(target);
        step.expect_equal(target, expected);
        object.reset();
        step.expect_memory();
    }

    // With unequal resources, a swap is undefined.
    void swaps() {
        allocator_step step{trial_, rule::swap, "swapped with one that has the same resource",
                            first};
        T one = made(first);
        T other = made(first);
        step.acts();
        using std::swap;
        swap(one, other);
        step.has_made(one);
        step.has_made(other);
        step.expect_memory();
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
/// values that need memory of it. What the type cannot do, such as copying, is not tried. Values
/// are compared if the type has an `==`. A `std::pair` is no such type: containers pass their
/// resource on to its members.
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
