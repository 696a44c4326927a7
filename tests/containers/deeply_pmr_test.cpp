// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <array>
#include <concepts>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <queue>
#include <stack>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <boost/container/map.hpp>
#include <boost/container/pmr/flat_map.hpp>
#include <boost/container/pmr/string.hpp>
#include <boost/container/pmr/vector.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/vector.hpp>

#include <strata/containers/deeply_pmr.hpp>
#include <strata/containers/unique_ptr.hpp>
#include <strata/interop/boost_pmr.hpp>

namespace {

struct trusted_handle {
    ~trusted_handle() {}
};

}  // namespace

template <>
inline constexpr bool strata::enable_deeply_pmr<trusted_handle> = true;

BOOST_AUTO_TEST_SUITE(deeply_pmr_test)

namespace {

// Its string takes the default resource, wherever the person is.
struct person {
    std::pmr::string name;
};

struct aware_person {
    using allocator_type = std::pmr::polymorphic_allocator<>;
    explicit aware_person(allocator_type allocator = {}) : name{allocator} {}
    aware_person(const aware_person& other, allocator_type allocator)
        : name{other.name, allocator} {}
    std::pmr::string name;
};

struct handle {
    ~handle() {}
};

// Takes an allocator, and says for what.
template <class Part>
struct listing {
    using allocator_type = std::pmr::polymorphic_allocator<>;
    std::pmr::string name;
    Part part;

    [[maybe_unused]] friend auto resource_parts(const listing& of) { return std::tie(of.name, of.part); }
};

struct allocating {
    using allocator_type = std::pmr::polymorphic_allocator<>;
    ~allocating() {}
};

struct naming_itself : allocating {
    using value_type = naming_itself;
};

struct tree : allocating {
    using container_type = std::pmr::vector<tree>;
};

struct tree_of_pairs : allocating {
    using value_type = std::pair<std::pmr::string, tree_of_pairs>;
};

struct tree_of_texts : allocating {
    using value_type = std::tuple<tree_of_texts, std::pmr::vector<tree_of_texts>, std::string>;
};

struct listing_itself : allocating {
    std::pmr::vector<listing_itself>* children;

    [[maybe_unused]] friend auto resource_parts(const listing_itself& of) { return std::tie(of, *of.children); }
};

template <class T, class Escape>
constexpr bool escapes = std::same_as<strata::resource_escape_t<T>, Escape>;

}  // namespace

using strata::deeply_pmr;
template <class T>
using pvector = std::pmr::vector<T>;

static_assert(deeply_pmr<int> && deeply_pmr<std::string_view> && deeply_pmr<const char*>);
static_assert(deeply_pmr<std::pmr::string> && deeply_pmr<const std::pmr::string>);
static_assert(escapes<std::string, std::string>);

// Containers.
static_assert(deeply_pmr<pvector<int>> && deeply_pmr<pvector<bool>>);
static_assert(deeply_pmr<pvector<pvector<std::pmr::string>>>);
static_assert(escapes<pvector<pvector<std::string>>, std::string>);
static_assert(escapes<std::vector<std::pmr::string>, std::vector<std::pmr::string>>);
static_assert(deeply_pmr<std::pmr::map<int, std::pmr::list<std::pmr::string>>>);
static_assert(escapes<std::pmr::map<std::string, int>, std::string>);
static_assert(escapes<std::pmr::unordered_map<int, std::vector<int>>, std::vector<int>>);

// A reference is judged by what it refers to.
static_assert(!deeply_pmr<std::vector<int>&> && !deeply_pmr<const std::string&>);

// Pairs and tuples hand the allocator on.
static_assert(deeply_pmr<pvector<std::pair<std::pmr::string, int>>>);
static_assert(deeply_pmr<pvector<std::tuple<int, std::pair<int, std::pmr::string>>>>);
static_assert(escapes<pvector<std::tuple<int, std::pair<int, std::string>>>, std::string>);
static_assert(escapes<std::pair<std::vector<int>, std::string>, std::vector<int>>);

// These do not, which matters only where there is something to hand it to.
static_assert(deeply_pmr<pvector<std::optional<int>>>);
static_assert(deeply_pmr<pvector<std::variant<int, double>>>);
static_assert(deeply_pmr<pvector<std::array<int, 4>>>);
static_assert(escapes<pvector<std::optional<std::pmr::string>>, std::optional<std::pmr::string>>);
static_assert(!deeply_pmr<pvector<std::variant<int, std::pmr::string>>>);
static_assert(!deeply_pmr<pvector<std::array<std::pmr::string, 2>>>);
static_assert(!deeply_pmr<pvector<std::unique_ptr<int>>>);
static_assert(!deeply_pmr<pvector<std::function<void()>>>);

// Container adaptors.
static_assert(deeply_pmr<std::stack<int, pvector<int>>>);
static_assert(escapes<std::queue<std::string, std::pmr::list<std::string>>, std::string>);
static_assert(!deeply_pmr<std::priority_queue<int>>);

// Classes of one's own.
static_assert(escapes<pvector<person>, person>);
static_assert(deeply_pmr<pvector<aware_person>>);
static_assert(escapes<pvector<handle>, handle>);
static_assert(deeply_pmr<pvector<trusted_handle>>);
static_assert(deeply_pmr<pvector<listing<std::pmr::string>>>);
static_assert(escapes<pvector<listing<std::string>>, std::string>);
static_assert(!deeply_pmr<pvector<listing<handle>>>);

// What cannot be seen from the type.
using strata::passes_resource_on;
using use = strata::resource_use;
static_assert(passes_resource_on<pvector<std::pmr::string>> == use::yes);
static_assert(passes_resource_on<pvector<std::string>> == use::no);
static_assert(passes_resource_on<pvector<handle>> == use::unknown);
static_assert(passes_resource_on<pvector<person>> == use::unknown);
static_assert(passes_resource_on<pvector<listing<handle>>> == use::unknown);
static_assert(passes_resource_on<pvector<strata::unique_ptr<int>>> == use::unknown);
static_assert(escapes<pvector<strata::unique_ptr<int>>, strata::unique_ptr<int>>);
static_assert(passes_resource_on<std::pmr::map<int, std::tuple<handle, std::string>>> == use::no);
static_assert(escapes<pvector<std::pair<handle, std::string>>, std::string>);  // the sure one

// Classes that name themselves.
static_assert(deeply_pmr<naming_itself> && deeply_pmr<pvector<naming_itself>>);
static_assert(deeply_pmr<tree> && deeply_pmr<pvector<tree>>);
static_assert(deeply_pmr<tree_of_pairs> && deeply_pmr<std::pmr::map<int, tree_of_pairs>>);
static_assert(deeply_pmr<listing_itself>);
static_assert(escapes<tree_of_texts, std::string>);

// Boost's containers, with the standard's allocators and with Boost's own.
namespace bc = boost::container;
template <class T>
using standard = std::pmr::polymorphic_allocator<T>;
static_assert(deeply_pmr<bc::vector<int, standard<int>>>);
static_assert(deeply_pmr<bc::vector<std::pmr::string, standard<std::pmr::string>>>);
static_assert(escapes<bc::vector<std::string, standard<std::string>>, std::string>);
static_assert(deeply_pmr<bc::small_vector<std::pmr::string, 4, standard<std::pmr::string>>>);
static_assert(!deeply_pmr<pvector<bc::small_vector<int, 4, standard<int>>>>);
template <class T>
using boosts_map = bc::map<int, T, std::less<int>, standard<std::pair<const int, T>>>;
static_assert(deeply_pmr<boosts_map<int>>);
static_assert(passes_resource_on<boosts_map<std::pmr::string>> == use::unknown);
static_assert(deeply_pmr<bc::pmr::vector<int>> && deeply_pmr<bc::pmr::vector<bc::pmr::string>>);
static_assert(deeply_pmr<bc::pmr::flat_map<int, bc::pmr::string>>);
static_assert(escapes<bc::pmr::vector<std::pmr::string>, std::pmr::string>);
static_assert(escapes<pvector<bc::pmr::string>, bc::pmr::string>);

BOOST_AUTO_TEST_CASE(an_assertion_that_holds_compiles_to_nothing) {
    const std::pmr::vector<std::pmr::string> words;
    strata::assert_deeply_pmr<decltype(words)>();
    BOOST_TEST(words.empty());
}

// The rules above are about the standard's types. This is what the standard's types do.

BOOST_AUTO_TEST_CASE(pairs_and_tuples_hand_the_allocator_on_and_optionals_do_not) {
    std::pmr::monotonic_buffer_resource memory;
    pvector<std::pair<int, std::pmr::string>> pairs{&memory};
    BOOST_TEST(pairs.emplace_back().second.get_allocator().resource() == &memory);
    pvector<std::tuple<std::pmr::string>> tuples{&memory};
    BOOST_TEST(std::get<0>(tuples.emplace_back()).get_allocator().resource() == &memory);

    std::pmr::memory_resource* const by_default = std::pmr::get_default_resource();
    pvector<std::optional<std::pmr::string>> optionals{&memory};
    BOOST_TEST(optionals.emplace_back("").value().get_allocator().resource() == by_default);
    pvector<std::array<std::pmr::string, 2>> arrays{&memory};
    BOOST_TEST(arrays.emplace_back()[0].get_allocator().resource() == by_default);
    pvector<person> people{&memory};
    BOOST_TEST(people.emplace_back().name.get_allocator().resource() == by_default);
}

BOOST_AUTO_TEST_CASE(boosts_containers_hand_on_the_standards_allocators_too) {
    std::pmr::monotonic_buffer_resource memory;
    bc::vector<std::pmr::string, standard<std::pmr::string>> texts{
        standard<std::pmr::string>{&memory}};
    BOOST_TEST(texts.emplace_back().get_allocator().resource() == &memory);
    strata::to_boost bridge{&memory};
    bc::pmr::flat_map<int, bc::pmr::string> names{&bridge};
    BOOST_TEST(names[1].get_allocator().resource() == &bridge);
}

BOOST_AUTO_TEST_SUITE_END()
