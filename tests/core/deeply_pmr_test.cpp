// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#define BOOST_TEST_MODULE deeply_pmr
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

#include <strata/core/deeply_pmr.hpp>

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

struct trusted_handle {
    ~trusted_handle() {}
};

template <class T, class Escape>
constexpr bool escapes = std::same_as<strata::resource_escape_t<T>, Escape>;

}  // namespace

template <>
inline constexpr bool strata::enable_deeply_pmr<trusted_handle> = true;

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
