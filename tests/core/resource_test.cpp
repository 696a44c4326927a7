// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <memory_resource>
#include <string_view>
#include <type_traits>

#include <strata/core/resource.hpp>

#include <strata/testing/boost_test_print.hpp>

BOOST_AUTO_TEST_SUITE(resource_test)

namespace {

// What the header's example says is enough.
class plain : public strata::resource {
public:
    [[nodiscard]] std::string_view do_name() const noexcept override { return "plain"; }

private:
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
};

// Says yes to everything.
class possessive : public plain {
    [[nodiscard]] strata::ownership do_owns(const void*) const noexcept override {
        return strata::ownership::yes;
    }
};

// Hands on each question, also the one that asks whether it is a resource of the library.
class wrapper final : public std::pmr::memory_resource {
public:
    explicit wrapper(const std::pmr::memory_resource* inside) : inside_{inside} {}

private:
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return inside_->is_equal(other);
    }

    const std::pmr::memory_resource* inside_;
};

// Equal to all that are plain.
class equal_plain final : public plain {
    [[nodiscard]] bool do_equals(const std::pmr::memory_resource& other) const noexcept override {
        const strata::resource* const known = strata::detail::as_resource(other);
        return known != nullptr && known->name() == name();
    }
};

}  // namespace

static_assert(std::is_convertible_v<strata::resource*, std::pmr::memory_resource*>);
static_assert(std::has_virtual_destructor_v<strata::resource>);
static_assert(std::is_abstract_v<strata::resource>);
static_assert(!std::is_copy_constructible_v<plain> && !std::is_copy_assignable_v<plain>);
static_assert(!std::is_move_constructible_v<plain> && !std::is_move_assignable_v<plain>);

BOOST_AUTO_TEST_CASE(a_resource_that_tells_nothing_knows_nothing) {
    const plain memory;
    BOOST_TEST(memory.upstream(0) == nullptr);
    BOOST_TEST(memory.owns(&memory) == strata::ownership::unknown);
    BOOST_TEST((memory.usage() == strata::usage{}));
}

BOOST_AUTO_TEST_CASE(equality_is_identity) {
    const plain one;
    const plain other;
    static_assert(noexcept(one.is_equal(other)));
    BOOST_TEST(one.is_equal(one));
    BOOST_TEST(one.is_equal(static_cast<const std::pmr::memory_resource&>(one)));
    BOOST_TEST(!one.is_equal(other));
    BOOST_TEST(!one.is_equal(*std::pmr::new_delete_resource()));
    BOOST_TEST(!std::pmr::new_delete_resource()->is_equal(one));
}

BOOST_AUTO_TEST_CASE(a_resource_of_somebody_elses_is_not_asked_what_it_owns) {
    int block = 0;
    BOOST_TEST(strata::owns(*std::pmr::new_delete_resource(), &block) ==
               strata::ownership::unknown);
    BOOST_TEST(strata::owns(plain{}, &block) == strata::ownership::unknown);
    BOOST_TEST(strata::owns(possessive{}, &block) == strata::ownership::yes);
}

BOOST_AUTO_TEST_CASE(what_wraps_a_resource_is_not_taken_for_it) {
    int block = 0;
    const possessive inside;
    const wrapper outside{&inside};
    BOOST_TEST(strata::owns(inside, &block) == strata::ownership::yes);
    BOOST_TEST(strata::owns(outside, &block) == strata::ownership::unknown);
    BOOST_TEST(strata::owns(wrapper{&outside}, &block) == strata::ownership::unknown);
}

BOOST_AUTO_TEST_CASE(a_resource_may_equal_others) {
    const equal_plain one;
    const equal_plain other;
    BOOST_TEST(one.is_equal(other));
    BOOST_TEST(one.is_equal(plain{}));
    BOOST_TEST(!one.is_equal(wrapper{&other}));
    BOOST_TEST(!one.is_equal(*std::pmr::new_delete_resource()));
    int block = 0;
    BOOST_TEST(strata::owns(one, &block) == strata::ownership::unknown);
    BOOST_TEST(strata::detail::as_resource(one) == &one);
}

BOOST_AUTO_TEST_CASE(overhead_is_what_is_held_and_not_used) {
    strata::usage known;
    BOOST_TEST(!known.overhead_bytes());
    known.used_bytes = 30;
    BOOST_TEST(!known.overhead_bytes());
    known.reserved_bytes = 100;
    BOOST_TEST(known.overhead_bytes().value() == 70u);
    known.used_bytes = 101;  // by somebody who counts otherwise
    BOOST_TEST(!known.overhead_bytes());
}

BOOST_AUTO_TEST_SUITE_END()
