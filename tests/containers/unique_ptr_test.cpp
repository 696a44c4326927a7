// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <strata/containers/unique_ptr.hpp>

#include "support/misuse_recorder.hpp"
#include <strata/testing/boost_test_print.hpp>
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(unique_ptr_test)

namespace {

int destroyed = 0;

template <int>
struct counted {
    ~counted() { ++destroyed; }
};

// Three bases, none with a virtual destructor, two of them not where the object begins.
struct first_base {
    std::uint64_t of_first = 1;
};
struct second_base {
    std::uint32_t of_second = 2;
};
struct virtual_base {
    std::uint16_t of_virtual = 3;
};
struct alignas(64) derived : first_base, second_base, virtual virtual_base, counted<1> {};
struct most_derived : counted<2>, derived {
    std::array<char, 200> more{};
};

struct with_virtual_destructor {
    virtual ~with_virtual_destructor() = default;
    [[nodiscard]] virtual int answer() const { return 0; }
};
struct answering : first_base, with_virtual_destructor {
    explicit answering(int given) : answer_{given} {}
    ~answering() override { ++destroyed; }
    [[nodiscard]] int answer() const override { return answer_; }
    int answer_;
};

struct ordered {
    inline static std::vector<const ordered*> ends;
    ~ordered() { ends.push_back(this); }
};

struct refusing {
    explicit refusing(int) { throw 7; }
};

// The constructor of the fourth throws.
struct fourth_refusing {
    inline static int made = 0;
    std::pmr::string text;

    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit fourth_refusing(allocator_type allocator) : text(100, 'x', allocator) {
        if (made == 3) {
            throw 7;
        }
        ++made;
    }
    ~fourth_refusing() { --made; }
};

constexpr const char* long_text = "a text that is too long to be stored inside a string";

}  // namespace

static_assert(sizeof(strata::unique_ptr<int>) == 4 * sizeof(void*));
static_assert(sizeof(strata::unique_ptr<int[]>) == 3 * sizeof(void*));
static_assert(std::is_nothrow_move_constructible_v<strata::unique_ptr<int>>);
static_assert(!std::is_copy_constructible_v<strata::unique_ptr<int>>);
static_assert(std::is_convertible_v<strata::unique_ptr<derived>, strata::unique_ptr<second_base>>);
static_assert(!std::is_convertible_v<strata::unique_ptr<second_base>, strata::unique_ptr<derived>>);
static_assert(std::is_convertible_v<strata::unique_ptr<int[]>, strata::unique_ptr<const int[]>>);
static_assert(
    !std::is_convertible_v<strata::unique_ptr<derived[]>, strata::unique_ptr<first_base[]>>);
static_assert(std::is_convertible_v<strata::unique_ptr<int>, strata::unique_ptr<const int>>);

BOOST_FIXTURE_TEST_CASE(an_object_goes_back_as_it_came, tests::upstream) {
    destroyed = 0;
    {
        const auto object = strata::make_unique<derived>(&below);
        BOOST_TEST(below.requests().size() == 1u);
        BOOST_TEST((below.requests().back() == strata::layout::of<derived>()));
        BOOST_TEST(object.get_deleter().resource() == &below);
        BOOST_TEST(destroyed == 0);
    }
    BOOST_TEST(destroyed == 1);
    BOOST_TEST(below.deallocations() == 1u);
}

BOOST_AUTO_TEST_CASE(an_empty_pointer_owns_nothing) {
    strata::unique_ptr<derived> none;
    strata::unique_ptr<first_base> base = std::move(none);
    base = nullptr;
    BOOST_TEST(!base);
    BOOST_TEST(base.get_deleter().resource() == nullptr);
    const strata::unique_ptr<int[]> no_array;
    BOOST_TEST(no_array.get_deleter().size() == 0u);
}

using bases = std::tuple<first_base, second_base, virtual_base, const second_base, derived>;

BOOST_FIXTURE_TEST_CASE_TEMPLATE(through_a_base_the_whole_object_goes_back, Base, bases,
                                 tests::upstream) {
    destroyed = 0;
    {
        strata::unique_ptr<derived> step = strata::make_unique<most_derived>(&this->below);
        const strata::unique_ptr<Base> base = std::move(step);
        BOOST_TEST(!step);
    }
    BOOST_TEST(destroyed == 2);  // it and the derived in it
    BOOST_TEST(this->below.deallocations() == 1u);
}

BOOST_FIXTURE_TEST_CASE(arguments_are_forwarded, tests::upstream) {
    destroyed = 0;
    strata::unique_ptr<with_virtual_destructor> object = strata::make_unique<answering>(&below, 42);
    BOOST_TEST(object->answer() == 42);
    auto moved_in = strata::make_unique<std::unique_ptr<int>>(&below, std::make_unique<int>(5));
    BOOST_TEST(**moved_in == 5);
    object.reset();
    BOOST_TEST(destroyed == 1);
}

BOOST_FIXTURE_TEST_CASE(a_pointer_may_be_assigned_from_one_to_another_type_in_another_resource,
                        tests::upstream) {
    tests::upstream other;
    strata::unique_ptr<first_base> object = strata::make_unique<derived>(&below);
    object = strata::make_unique<most_derived>(&other.below);
    BOOST_TEST(below.live_blocks() == 0u);
    BOOST_TEST(other.below.live_blocks() == 1u);
    auto third = strata::make_unique<first_base>(&below);
    std::swap(object, third);
    object.reset();
    BOOST_TEST(below.live_blocks() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_shared_ptr_takes_it_over, tests::upstream) {
    std::shared_ptr<second_base> shared = strata::make_unique<derived>(&below);
    BOOST_TEST(shared->of_second == 2u);
    BOOST_TEST(below.live_blocks() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_object_that_takes_an_allocator_gets_the_resource, tests::upstream) {
    const auto text = strata::make_unique<std::pmr::string>(&below, long_text);
    BOOST_TEST(*text == long_text);
    BOOST_TEST(text->get_allocator().resource() == &below);
    const auto both = strata::make_unique<std::pair<int, std::pmr::string>>(&below, 1, long_text);
    BOOST_TEST(both->second.get_allocator().resource() == &below);
}

BOOST_FIXTURE_TEST_CASE(to_const_is_const_from_the_start, tests::upstream) {
    const strata::unique_ptr<const std::pmr::string> text =
        strata::make_unique<const std::pmr::string>(&below, long_text);
    BOOST_TEST(*text == long_text);
    const auto numbers = strata::make_unique<const int[]>(&below, 3);
    BOOST_TEST(numbers[2] == 0);
}

BOOST_FIXTURE_TEST_CASE(what_fails_leaves_nothing_behind, tests::upstream) {
    BOOST_CHECK_THROW(static_cast<void>(strata::make_unique<refusing>(&below, 1)), int);
    BOOST_TEST(below.live_blocks() == 0u);
    fail();
    BOOST_CHECK_THROW(static_cast<void>(strata::make_unique<int>(&below)), tests::upstream_failure);
    BOOST_CHECK_THROW(static_cast<void>(strata::make_unique<int[]>(&below, 4)),
                      tests::upstream_failure);
}

BOOST_FIXTURE_TEST_CASE(another_object_than_its_own_is_a_misuse, tests::upstream) {
    const tests::misuse_recorder misuses;
    auto one = strata::make_unique<int>(&below, 1);
    auto other = strata::make_unique<int>(&below, 2);
    auto of_other = other.get_deleter();
    int* raw = other.release();
    int* own = one.get();
    one.reset(raw);  // destroys its own; what it has now is not what its deleter knows
    BOOST_TEST(misuses.count() == 0u);
    one.reset();
    BOOST_TEST(misuses.count() == 1u);
    BOOST_TEST(own != raw);
    of_other(raw);
    BOOST_TEST(misuses.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_array_is_value_initialised_and_goes_back_as_it_came, tests::upstream) {
    {
        const auto numbers = strata::make_unique<int[]>(&below, 5);
        BOOST_TEST(numbers.get_deleter().size() == 5u);
        BOOST_TEST((below.requests().back() == strata::layout::array<int>(5)));
        for (std::size_t i = 0; i != 5; ++i) {
            BOOST_TEST(numbers[i] == 0);
        }
        const strata::unique_ptr<const int[]> constant = strata::make_unique<int[]>(&below, 2);
    }
    BOOST_TEST(below.deallocations() == 2u);
}

BOOST_FIXTURE_TEST_CASE(elements_that_take_an_allocator_get_the_resource, tests::upstream) {
    const auto names = strata::make_unique<std::pmr::string[]>(&below, 3);
    for (std::size_t i = 0; i != 3; ++i) {
        BOOST_TEST(names[i].get_allocator().resource() == &below);
        names[i] = long_text;
    }
    BOOST_TEST(below.live_blocks() == 4u);
}

BOOST_FIXTURE_TEST_CASE(when_an_element_throws_those_before_it_are_destroyed, tests::upstream) {
    fourth_refusing::made = 0;
    BOOST_CHECK_THROW(static_cast<void>(strata::make_unique<fourth_refusing[]>(&below, 5)), int);
    BOOST_TEST(fourth_refusing::made == 0);
    BOOST_TEST(below.requests().size() == 5u);  // the array and the texts of four
    BOOST_TEST(below.live_blocks() == 0u);
}

BOOST_FIXTURE_TEST_CASE(elements_are_destroyed_last_to_first, tests::upstream) {
    auto array = strata::make_unique<ordered[]>(&below, 3);
    const ordered* first = array.get();
    array.reset();
    BOOST_TEST((ordered::ends == std::vector<const ordered*>{first + 2, first + 1, first}));
}

BOOST_FIXTURE_TEST_CASE(an_array_that_no_memory_can_hold_is_refused, tests::upstream) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    BOOST_CHECK_THROW(static_cast<void>(strata::make_unique<int[]>(&below, most / 2)),
                      std::bad_array_new_length);
    BOOST_TEST(below.requests().size() == 0u);
    const auto none = strata::make_unique<int[]>(std::pmr::new_delete_resource(), 0);
    BOOST_TEST(none.get() != nullptr);
}

BOOST_AUTO_TEST_CASE(what_make_unique_did_not_make_is_not_destroyed) {
    const tests::misuse_recorder misuses;
    int foreign[2] = {1, 2};
    strata::unique_ptr<int> one;
    one.reset(&foreign[0]);
    one.reset();
    strata::unique_ptr<int[]> several;
    several.reset(foreign);
    several.reset();
    BOOST_TEST(misuses.count() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
