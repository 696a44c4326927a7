// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
// A class derived from a resource may call its own members what a resource calls its questions.
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <tuple>

#include <strata/strata.hpp>
#include <strata/testing/checking_resource.hpp>
#include <strata/testing/failing_resource.hpp>
#include <strata/testing/watched_resource.hpp>

BOOST_AUTO_TEST_SUITE(derived_members_test)

namespace {

// Functions whose return types differ from those of the questions.
template <class Base>
class with_functions : public Base {
public:
    using Base::Base;

    [[nodiscard]] std::string name() const { return "mine"; }
    [[nodiscard]] std::string upstream(std::size_t) const { return "mine"; }
    [[nodiscard]] int identity() const { return 42; }
    [[nodiscard]] bool owns(const void*) const { return true; }
    [[nodiscard]] double usage() const { return 0.5; }
    [[nodiscard]] int snapshot() const { return 42; }
};

template <class Base>
class with_data : public Base {
public:
    using Base::Base;

    std::string name = "mine";
    void* upstream = this;
    int identity = 42;
    bool owns = true;
    double usage = 0.5;
    int snapshot = 42;
};

class plain : public strata::resource {
    [[nodiscard]] std::string_view do_name() const noexcept override { return "plain"; }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return strata::system_heap()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        strata::system_heap()->deallocate(block, bytes, alignment);
    }
};

template <class Adaptor>
class over_the_heap : public Adaptor {
public:
    over_the_heap() : Adaptor{strata::system_heap()} {}
};

using bases =
    std::tuple<plain, strata::heap_resource, strata::page_resource,
               strata::fixed_buffer_resource<4096>, strata::arena_resource, strata::pool_resource,
               strata::concurrent_arena_resource, strata::concurrent_pool_resource,
               strata::bounded_time_resource, strata::stats_resource<>,
               over_the_heap<strata::synchronized_resource<>>,
               over_the_heap<strata::fallback_resource<strata::heap_resource>>,
               over_the_heap<strata::debug_resource<>>, over_the_heap<strata::failing_resource>,
               strata::checking_resource, strata::watched_resource>;

// Puts it under what calls the questions, by its own type and as any resource.
template <class Resource>
void is_still_asked(Resource& one) {
    const strata::resource& asked = one;
    BOOST_TEST(asked.name() != "mine");
    BOOST_TEST(&asked.identity() == &asked);
    strata::heap_resource heap;
    strata::fallback_resource both{&one, &heap};
    strata::stats_resource counted{&one};
    void* const first = both.allocate(100);
    void* const second = counted.allocate(100);
    BOOST_TEST((asked.owns(first) != strata::ownership::no));
    BOOST_TEST(strata::describe(counted).layers.at(1).name == asked.name());
    counted.deallocate(second, 100);
    both.deallocate(first, 100);
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(functions_of_those_names_are_its_own, base, bases) {
    with_functions<base> one;
    BOOST_TEST(one.name() == "mine");
    BOOST_TEST(one.owns(nullptr));
    BOOST_TEST(one.usage() == 0.5);
    BOOST_TEST(one.identity() == 42);
    BOOST_TEST(one.snapshot() == 42);
    BOOST_TEST(one.upstream(0) == "mine");
    is_still_asked(one);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(data_of_those_names_is_its_own, base, bases) {
    with_data<base> one;
    BOOST_TEST(one.name == "mine");
    BOOST_TEST(one.upstream == &one);
    is_still_asked(one);
}

BOOST_AUTO_TEST_SUITE_END()
