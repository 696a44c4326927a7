// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include <strata/compose/scoped_default_resource.hpp>

#include "support/child.hpp"
#include "support/misuse_recorder.hpp"
#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(scoped_default_resource_test)

using strata::scoped_default_resource;
using tests::upstream;

static_assert(!std::is_copy_constructible_v<scoped_default_resource>);
static_assert(!std::is_move_constructible_v<scoped_default_resource>);
static_assert(!std::is_convertible_v<std::pmr::memory_resource&, scoped_default_resource>);

// One that has no name, only a type.
struct foreign_memory : std::pmr::memory_resource {
    void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

namespace {

// Checks that each test leaves the default resource as it was.
struct two_upstreams {
    upstream first;
    upstream second;
    std::pmr::memory_resource* const original = std::pmr::get_default_resource();

    ~two_upstreams() { BOOST_TEST(std::pmr::get_default_resource() == original); }
};

// As it is printed.
template <class T>
std::string address_of(const T& object) {
    std::ostringstream text;
    text << static_cast<const void*>(&object);
    return text.str();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_resource_is_the_default_until_the_end_of_the_scope, two_upstreams) {
    {
        const scoped_default_resource use{first.below};
        BOOST_TEST(std::pmr::get_default_resource() == &first.below);
        BOOST_TEST(use.previous() == original);
        const std::pmr::vector<int> numbers(10);
        BOOST_TEST(first.below.live_bytes() == 10 * sizeof(int));
    }
    BOOST_TEST(std::pmr::get_default_resource() == original);
}

BOOST_FIXTURE_TEST_CASE(scopes_nest, two_upstreams) {
    const scoped_default_resource outer{first.below};
    {
        const scoped_default_resource inner{second.below};
        BOOST_TEST(std::pmr::get_default_resource() == &second.below);
        BOOST_TEST(inner.previous() == &first.below);
    }
    BOOST_TEST(std::pmr::get_default_resource() == &first.below);
}

BOOST_FIXTURE_TEST_CASE(the_default_comes_back_after_an_exception, two_upstreams) {
    try {
        const scoped_default_resource use{first.below};
        throw 0;
    } catch (int) {
        BOOST_TEST(std::pmr::get_default_resource() == original);
    }
}

BOOST_FIXTURE_TEST_CASE(scopes_that_end_out_of_order_are_a_misuse, two_upstreams) {
    const tests::misuse_recorder misuse;
    std::optional<scoped_default_resource> outer{std::in_place, first.below};
    std::optional<scoped_default_resource> inner{std::in_place, second.below};
    outer.reset();
    BOOST_REQUIRE(misuse.count() == 1u);
    const std::string& said = misuse.messages()[0];
    BOOST_TEST(said.starts_with("scoped_default_resource: another default resource is installed at "
                                "the end of the scope: checking at "));
    BOOST_TEST(said.find(address_of(second.below) + ", and not checking at " +
                         address_of(first.below) + "; scopes must end in the reverse order") !=
               std::string::npos);
    BOOST_TEST(said.find("\n    at ") != std::string::npos);  // who ended it
    BOOST_TEST(std::pmr::get_default_resource() == &second.below);
    inner.reset();
    BOOST_TEST(std::pmr::get_default_resource() == &first.below);
    std::pmr::set_default_resource(original);
}

// What nobody knows to be alive is not asked for its name.
BOOST_FIXTURE_TEST_CASE(of_what_no_scope_has_installed_the_address_is_told, two_upstreams) {
    const tests::misuse_recorder misuse;
    alignas(16) char no_resource[16] = {};
    {
        foreign_memory memory;
        const scoped_default_resource use{memory};
        std::pmr::set_default_resource(reinterpret_cast<std::pmr::memory_resource*>(no_resource));
    }
    std::pmr::set_default_resource(original);
    BOOST_REQUIRE(misuse.count() == 1u);
    const std::string& said = misuse.messages()[0];
    BOOST_TEST(said.find("one that no scope has installed at " + address_of(no_resource[0])) !=
               std::string::npos);
    BOOST_TEST(said.find(", and not scoped_default_resource_test::foreign_memory at ") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_printable_in_a_name_is_escaped) {
    class named : public strata::resource {
    public:
        [[nodiscard]] std::string_view do_name() const noexcept override { return "a\nb"; }

    private:
        void* do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc{}; }
        void do_deallocate(void*, std::size_t, std::size_t) override {}
    };
    const tests::misuse_recorder misuse;
    std::pmr::memory_resource* const original = std::pmr::get_default_resource();
    {
        named memory;
        const scoped_default_resource use{memory};
        std::pmr::set_default_resource(original);
    }
    std::pmr::set_default_resource(original);
    BOOST_REQUIRE(misuse.count() == 1u);
    BOOST_TEST(misuse.messages()[0].find(R"(, and not a\nb at )") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(by_default_a_misuse_ends_the_program) {
    const auto child = tests::run_in_child([] {
        const scoped_default_resource use{*std::pmr::new_delete_resource()};
        std::pmr::set_default_resource(std::pmr::null_memory_resource());
    });
    BOOST_TEST(child.signal == SIGABRT);
    BOOST_TEST(child.errors.find("strata: misuse: scoped_default_resource: another default") == 0u);
}

// --- what is live at the end --------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(there_is_no_finding_where_all_is_freed, two_upstreams) {
    const tests::misuse_recorder misuse;
    {
        const scoped_default_resource use{first.below, strata::on_finding::abort};
        const std::pmr::vector<int> numbers(10);
        BOOST_TEST(first.below.live_bytes() == 10 * sizeof(int));
    }
    BOOST_TEST(misuse.count() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_is_left_is_a_misuse_where_asked_for, two_upstreams) {
    const tests::misuse_recorder misuse;
    void* left = nullptr;
    {
        const scoped_default_resource use{first.below, strata::on_finding::abort};
        left = std::pmr::get_default_resource()->allocate(100);
    }
    first.below.deallocate(left, 100);
    BOOST_TEST(misuse.messages() ==
                   std::vector<std::string>{
                       "scoped_default_resource: 1 block (100 bytes) is still live at its end"},
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_is_left_may_be_reported, two_upstreams) {
    const auto child = tests::run_in_child([&] {
        const scoped_default_resource use{first.below, strata::on_finding::report};
        (void)std::pmr::get_default_resource()->allocate(100);
    });
    BOOST_TEST(child.errors.find("strata: scoped_default_resource: 1 block (100 bytes)") == 0U);
}

BOOST_FIXTURE_TEST_CASE(anything_may_be_left_where_nothing_is_required, two_upstreams) {
    const tests::misuse_recorder misuse;
    void* left = nullptr;
    {
        const scoped_default_resource use{first.below};
        left = std::pmr::get_default_resource()->allocate(100);
    }
    first.below.deallocate(left, 100);
    BOOST_TEST(misuse.count() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_was_live_before_does_not_matter, two_upstreams) {
    const tests::misuse_recorder misuse;
    void* older = first.below.allocate(100);
    { const scoped_default_resource use{first.below, strata::on_finding::abort}; }
    first.below.deallocate(older, 100);
    BOOST_TEST(misuse.count() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
