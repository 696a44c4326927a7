// Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/container/map.hpp>

#include <strata/adaptors/all.hpp>
#include <strata/compose/shared_allocator.hpp>
#include <strata/strategies/arena_resource.hpp>
#include <strata/strategies/pool_resource.hpp>

#include "support/upstream.hpp"

BOOST_AUTO_TEST_SUITE(shared_allocator_test)

using strata::shared_allocator;
using strata::shared_resource;
using tests::upstream;

template <class T>
using shared_vector = std::vector<T, shared_allocator<T>>;
using shared_string = std::basic_string<char, std::char_traits<char>, shared_allocator<char>>;

using traits = std::allocator_traits<shared_allocator<int>>;
static_assert(!traits::propagate_on_container_copy_assignment::value);
static_assert(traits::propagate_on_container_move_assignment::value);
static_assert(traits::propagate_on_container_swap::value);
static_assert(!traits::is_always_equal::value);
static_assert(std::is_same_v<traits::rebind_alloc<char>, shared_allocator<char>>);
static_assert(sizeof(shared_allocator<int>) == sizeof(void*));
static_assert(std::is_nothrow_move_assignable_v<shared_vector<int>>);
static_assert(std::is_nothrow_move_assignable_v<shared_string>);
static_assert(std::is_nothrow_move_assignable_v<std::list<int, shared_allocator<int>>>);
template <class T>
using pair_allocator = shared_allocator<std::pair<const T, T>>;
static_assert(
    std::is_nothrow_move_assignable_v<std::map<int, int, std::less<>, pair_allocator<int>>>);
static_assert(std::is_nothrow_move_assignable_v<
              std::unordered_map<int, int, std::hash<int>, std::equal_to<>, pair_allocator<int>>>);
static_assert(std::is_convertible_v<shared_allocator<int>, shared_allocator<char>>);
static_assert(std::is_convertible_v<shared_resource, shared_allocator<int>>);
static_assert(strata::deeply_pmr<shared_vector<shared_string>>);
static_assert(strata::deeply_pmr<shared_vector<std::pmr::string>>);
static_assert(!strata::deeply_pmr<shared_vector<std::string>>);
// A pmr container gets the resource, but has no shared allocator to hand on.
static_assert(strata::deeply_pmr<shared_vector<std::pmr::vector<std::pmr::string>>>);
static_assert(std::is_same_v<
              strata::resource_escape_t<shared_vector<std::pmr::vector<shared_string>>>,
              shared_string>);
static_assert(!strata::deeply_pmr<std::pmr::vector<shared_string>>);
// Boost's maps do not hand it on to the parts of each pair.
using boosts_map = boost::container::map<shared_string, shared_string, std::less<>,
                                         pair_allocator<shared_string>>;
static_assert(strata::passes_resource_on<boosts_map> == strata::resource_use::unknown);
static_assert(
    strata::deeply_pmr<boost::container::map<int, int, std::less<>, pair_allocator<int>>>);

namespace {

constexpr const char* long_text = "too long to fit inside a string object";

// A resource that draws from `below`, and containers on it.
struct shared_upstream : upstream {
    [[nodiscard]] shared_resource make() { return shared_resource{strata::pool{}, &below}; }
    [[nodiscard]] bool is_alive() const { return below.live_blocks() != 0; }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_container_outlives_the_scope_of_its_resource, shared_upstream) {
    const auto squares = [this] {
        const shared_resource memory = make();
        shared_vector<int> made{memory};
        for (int i = 0; i != 100; ++i) {
            made.push_back(i * i);
        }
        return made;
    };
    {
        const shared_vector<int> kept = squares();
        BOOST_TEST(kept[99] == 9801);
        BOOST_TEST(is_alive());
    }
    BOOST_TEST(!is_alive());
}

BOOST_FIXTURE_TEST_CASE(a_copied_container_shares_the_resource, shared_upstream) {
    std::optional<shared_vector<int>> one{std::in_place, 100, 7, make()};
    const shared_vector<int> copy{*one};
    BOOST_TEST((copy.get_allocator() == one->get_allocator()));
    one.reset();
    BOOST_TEST(copy[99] == 7);
    BOOST_TEST(is_alive());
}

BOOST_FIXTURE_TEST_CASE(copy_assignment_keeps_the_resource_of_the_target, shared_upstream) {
    const shared_resource mine = make();
    shared_vector<int> one{mine};
    const shared_vector<int> other(100, 7, make());
    one = other;
    BOOST_TEST((one.get_allocator().handle() == mine));
    BOOST_TEST(one[99] == 7);
}

BOOST_FIXTURE_TEST_CASE(move_assignment_takes_the_memory_and_its_resource, shared_upstream) {
    shared_vector<int> one(50, 1, make());
    const int* block = nullptr;
    {
        const shared_resource theirs = make();
        shared_vector<int> other(100, 7, theirs);
        block = other.data();
        one = std::move(other);
        BOOST_TEST((one.get_allocator().handle() == theirs));
        other.assign(3, 2);  // a container that was moved from still has its resource
    }
    BOOST_TEST(one.data() == block);
    BOOST_TEST(one[99] == 7);
}

BOOST_FIXTURE_TEST_CASE(swapped_containers_swap_their_resources, shared_upstream) {
    std::list<int, shared_allocator<int>> one(3, 1, make());
    {
        std::list<int, shared_allocator<int>> other(5, 2, make());
        const shared_resource theirs = other.get_allocator().handle();
        swap(one, other);
        BOOST_TEST((one.get_allocator().handle() == theirs));
        BOOST_TEST(other.size() == 3u);
    }
    BOOST_TEST(one.size() == 5u);
    BOOST_TEST(one.front() == 2);
}

BOOST_FIXTURE_TEST_CASE(a_move_into_a_container_on_another_resource_copies, shared_upstream) {
    const shared_resource mine = make();
    shared_vector<int> other(100, 7, make());
    const shared_vector<int> one{std::move(other), mine};
    BOOST_TEST((one.get_allocator().handle() == mine));
    BOOST_TEST(one[99] == 7);
}

BOOST_FIXTURE_TEST_CASE(elements_get_the_allocator_of_their_container, shared_upstream) {
    const shared_resource memory = make();
    shared_vector<shared_string> words{memory};
    words.emplace_back(long_text);
    words.push_back(shared_string{long_text, make()});
    for (const shared_string& word : words) {
        BOOST_TEST((word.get_allocator().handle() == memory));
    }
    std::map<shared_string, shared_vector<int>, std::less<>,
             shared_allocator<std::pair<const shared_string, shared_vector<int>>>>
        lists{memory};
    lists[shared_string{long_text, memory}].push_back(1);
    BOOST_TEST((lists.begin()->first.get_allocator().handle() == memory));
    BOOST_TEST((lists.begin()->second.get_allocator().handle() == memory));
}

BOOST_FIXTURE_TEST_CASE(an_element_assigned_by_a_move_brings_its_resource, shared_upstream) {
    const shared_resource memory = make();
    shared_vector<shared_string> words{memory};
    words.reserve(4);
    words.emplace_back(long_text);
    const shared_string copied{long_text, make()};
    words[0] = copied;
    words.insert(words.begin(), copied);
    words.push_back(shared_string{long_text, make()});
    for (const shared_string& word : words) {
        BOOST_TEST((word.get_allocator().handle() == memory));
    }
    {
        const shared_resource theirs = make();
        words[0] = shared_string{long_text, theirs};
        BOOST_TEST((words[0].get_allocator().handle() == theirs));
    }
    BOOST_TEST(words[0] == long_text);  // it keeps its resource alive
}

BOOST_FIXTURE_TEST_CASE(pmr_elements_draw_from_the_resource, shared_upstream) {
    const shared_resource memory = make();
    {
        shared_vector<std::pmr::string> words{memory};
        words.emplace_back(long_text);
        BOOST_TEST(words[0].get_allocator().resource() == memory.get());
    }
    std::unordered_map<int, std::pmr::vector<int>, std::hash<int>, std::equal_to<>,
                       shared_allocator<std::pair<const int, std::pmr::vector<int>>>>
        lists{memory};
    lists[1].push_back(2);
    BOOST_TEST(lists[1].get_allocator().resource() == memory.get());
}

// The block that holds the last allocator is in the resource itself.
BOOST_FIXTURE_TEST_CASE(a_shared_pointer_in_the_resource_may_be_its_last_owner, shared_upstream) {
    std::shared_ptr<shared_vector<int>> kept;
    {
        const shared_resource memory = make();
        kept = std::allocate_shared<shared_vector<int>>(shared_allocator<int>{memory},
                                                        std::size_t{100}, 7);
    }
    BOOST_TEST(kept->at(99) == 7);
    std::jthread{[last = std::move(kept)]() mutable { last.reset(); }}.join();
    BOOST_TEST(!is_alive());
}

BOOST_FIXTURE_TEST_CASE(allocators_of_other_types_are_equal_on_the_same_resource, shared_upstream) {
    const shared_allocator<int> one = make();
    const shared_allocator<double> same = one;
    const shared_allocator<int> other = make();
    BOOST_TEST((one == same));
    BOOST_TEST((one == shared_allocator<int>{same}));
    BOOST_TEST((one != other));
}

BOOST_FIXTURE_TEST_CASE(what_the_resource_throws_passes_through, shared_upstream) {
    shared_allocator<int> from = make();
    BOOST_CHECK_THROW((void)from.allocate(std::numeric_limits<std::size_t>::max() / 2),
                      std::bad_array_new_length);
    fail();
    shared_vector<int> numbers{from};
    BOOST_CHECK_THROW(numbers.assign(100, 7), tests::upstream_failure);
    BOOST_TEST(numbers.empty());
}

BOOST_AUTO_TEST_SUITE_END()
